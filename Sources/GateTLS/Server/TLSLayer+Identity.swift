// Who we are for this client: decided when its ClientHello is there, before anything else.

import CNIOBoringSSL

extension TLSLayer {
    /// The protocol by which a certification authority looks for a challenge's certificate (RFC 8737 §6.2).
    static let challengeProtocol = Array("acme-tls/1".utf8)

    /// Chooses certificates and demands for the name that the client asked for.
    func chooseIdentity(_ hello: UnsafePointer<SSL_CLIENT_HELLO>) -> ssl_select_cert_result_t {
        guard let server else { return ssl_select_cert_error }
        let name = serverName
        if let name, let credential = server.names.challenge(for: name), Self.offersChallenge(hello) {
            isChallenge = true
            return SSL_add1_credential(ssl, credential.pointer) == 1
                ? ssl_select_cert_success : ssl_select_cert_error
        }
        guard let name else {
            guard let identity = identityOfAddress(server) ?? server.names.fallback else {
                return ssl_select_cert_error
            }
            return take(identity, server)
        }
        switch server.names.answer(for: name) {
        case .identity(let identity): return take(identity, server)
        case .refused: break
        case .unknown(let fallback):
            if server.waitsForUnknownNames, !gaveUpWaiting {
                wantedName = name
                return ssl_select_cert_retry
            }
            if let fallback, !server.policy.refusesUnknownNames { return take(fallback, server) }
        }
        // The alert comes from the next callback.
        refusesName = true
        return ssl_select_cert_success
    }

    /// Clients do not name addresses (RFC 6066 §3): who asks for one comes to it.
    private func identityOfAddress(_ server: ServerTLSContext) -> ServerIdentity? {
        localAddress.flatMap { server.names.identity(for: "\($0)") }
    }

    private func take(_ identity: ServerIdentity, _ server: ServerTLSContext) -> ssl_select_cert_result_t {
        self.identity = identity
        for credential in identity.credentials
        where SSL_add1_credential(ssl, credential.pointer) != 1 { return ssl_select_cert_error }
        if let version = identity.minVersion, version > server.policy.minVersion,
            SSL_set_min_proto_version(ssl, version.rawValue) != 1
        {
            return ssl_select_cert_error
        }
        let scope = identity.sessionScope
        guard SSL_set_session_id_context(ssl, scope, scope.count) == 1 else {
            return ssl_select_cert_error
        }
        if let demand = identity.clientAuthentication ?? server.policy.clientAuthentication, !demand.apply(to: ssl) {
            return ssl_select_cert_error
        }
        return ssl_select_cert_success
    }

    private static func offersChallenge(_ hello: UnsafePointer<SSL_CLIENT_HELLO>) -> Bool {
        var bytes: UnsafePointer<UInt8>?
        var count = 0
        guard
            SSL_early_callback_ctx_extension_get(
                hello, UInt16(TLSEXT_TYPE_application_layer_protocol_negotiation), &bytes, &count) == 1,
            count > 2, let bytes
        else { return false }
        let names = UnsafeBufferPointer(start: bytes + 2, count: count - 2)
        return find(challengeProtocol[...], in: names) != nil
    }

    /// The place of the protocol to use in the client's list: ours come in our order.
    func chooseProtocol(_ offered: UnsafeBufferPointer<UInt8>) -> Range<Int>? {
        if isChallenge { return Self.find(Self.challengeProtocol[...], in: offered) }
        guard let list = server?.protocolList else { return nil }
        var at = 0
        while at < list.count {
            let end = at + 1 + Int(list[at])
            if let range = Self.find(list[(at + 1)..<end], in: offered) { return range }
            at = end
        }
        return nil
    }

    /// Where a name stands in a list of names with their lengths in front. The library has checked the list.
    private static func find(_ name: ArraySlice<UInt8>, in list: UnsafeBufferPointer<UInt8>) -> Range<Int>? {
        var at = 0
        while at < list.count {
            let range = (at + 1)..<min(at + 1 + Int(list[at]), list.count)
            if list[range].elementsEqual(name) { return range }
            at = range.upperBound
        }
        return nil
    }
}
