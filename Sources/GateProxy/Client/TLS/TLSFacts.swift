// What an exchange may ask about its connection's TLS. Text is made when somebody asks for it, and once.

import GateCore
import GateTLS

/// One connection's TLS, for the exchanges on it. The client's connection owns it.
final class TLSFacts {
    let layer: TLSLayer
    private let listener: ListenerRuntime
    private let acceptsEarlyData: Bool
    /// The name in the client's hello, in lower case and without a dot at its end; empty without one.
    let serverName: [UInt8]
    let version: StaticString
    private(set) lazy var cipherSuite = Array(layer.cipherSuite.utf8)
    private(set) lazy var negotiatedProtocol = Array((layer.negotiatedProtocol ?? "").utf8)
    /// The client and the listener agreed on HTTP/2 (RFC 9113 §3.2).
    let isHTTP2: Bool
    let isResumed: Bool
    /// What the client's certificate says; nil without one. One that is there was verified.
    private(set) lazy var client = ClientCertificate(layer.peerCertificateChain)

    /// The last host that was found to be served on this connection, and the table that said so.
    private var servedHost: [UInt8] = []
    private var servedBy: ServerNames?
    /// The last site whose demands were found to be met: `SiteRuntime.serial`.
    private var metSite: UInt64 = 0

    init(_ layer: TLSLayer, listener: ListenerRuntime) {
        self.layer = layer
        self.listener = listener
        acceptsEarlyData = listener.tls?.plan.policy.acceptsEarlyData ?? false
        serverName = layer.serverName.flatMap(HostName.plain).map { Array($0.utf8) } ?? []
        version = layer.version?.name ?? ""
        isHTTP2 = layer.negotiatedProtocol == "h2"
        isResumed = layer.isResumed
    }

    /// Nobody knows yet whether what comes is not a recording of what the client said before (RFC 8446 §8).
    var mayBeReplayed: Bool { acceptsEarlyData && !layer.isHandshakeConfirmed }

    /// Whether requests for this host, in lower case, may come over this connection (RFC 9110 §7.4).
    func serves(_ host: Span<UInt8>) -> Bool {
        let asked = serverName
        if host.isEmpty || ASCII.equals(asked.span, host) { return true }
        guard let tls = listener.tls else { return true }
        let served = servedHost
        if servedBy === tls.context.names && ASCII.equals(served.span, host) { return true }
        guard tls.allows(host.text, on: layer, isNamed: !asked.isEmpty) else { return false }
        servedHost = host.withUnsafeBufferPointer { Array($0) }
        servedBy = tls.context.names
        return true
    }

    /// Whether what was said in the handshake is as much as a site asks for now. Found out once for each site of each plan.
    @inline(__always)
    func meets(_ site: SiteRuntime) -> Bool { metSite == site.serial || examine(site) }

    private func examine(_ site: SiteRuntime) -> Bool {
        guard site.plan.tls.isMet(by: layer, on: listener.plan.tls) else { return false }
        metSite = site.serial
        return true
    }
}
