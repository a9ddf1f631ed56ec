internal import GateConfig

extension Configuration.ClientCertificates {
    /// Equal for demands that the same certificates meet. It says which files, not what is in them: a list of revoked
    /// certificates that comes anew every hour does not end the connections that are there.
    var demandName: String { "\(depthMax)\n\(authorities?.path ?? "")\n\(revocations?.path ?? "")" }
}
