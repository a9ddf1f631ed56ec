internal import GateCertificates

/// The root of the internal authority, for `gatehouse trust`.
public enum InternalRoot {
    /// Its certificate in PEM; made where there is none yet.
    /// - Parameter folder: the state folder, an absolute path.
    /// - Throws: `StorageFailure` when the folder cannot be used.
    public static func pem(folder: String) throws -> String {
        let authority = InternalAuthority(storage: try FileStorage(folder: folder))
        return try TaskThread.shared.wait { () async -> Result<String, any Error> in
            do { return .success(try await authority.rootPEM()) } catch { return .failure(error) }
        }.get()
    }
}
