// The library asks in the middle of a handshake. The layer that is shaking hands is found by the SSL's own data.

import CNIOBoringSSL

enum ServerCallbacks {
    static func install(on context: OpaquePointer) {
        SSL_CTX_set_select_certificate_cb(context) { hello in
            guard let hello, let layer = TLSLayer.of(hello.pointee.ssl) else { return ssl_select_cert_error }
            return layer.chooseIdentity(hello)
        }
        // Called after the choice of an identity: the place where a refusal may name its alert.
        SSL_CTX_set_tlsext_servername_callback(context) { ssl, alert, _ in
            guard let layer = TLSLayer.of(ssl), layer.refusesName else { return SSL_TLSEXT_ERR_OK }
            alert?.pointee = Int32(SSL_AD_UNRECOGNIZED_NAME)
            return SSL_TLSEXT_ERR_ALERT_FATAL
        }
        SSL_CTX_set_alpn_select_cb(
            context,
            { ssl, chosen, chosenCount, offered, offeredCount, _ in
                guard let layer = TLSLayer.of(ssl), let offered else { return SSL_TLSEXT_ERR_NOACK }
                let names = UnsafeBufferPointer(start: offered, count: Int(offeredCount))
                guard let range = layer.chooseProtocol(names) else { return SSL_TLSEXT_ERR_ALERT_FATAL }
                chosen?.pointee = offered + range.lowerBound
                chosenCount?.pointee = UInt8(range.count)
                return SSL_TLSEXT_ERR_OK
            }, nil)
        SSL_CTX_set_tlsext_ticket_key_cb(context) { ssl, name, iv, cipher, authenticator, isSealing in
            guard let layer = TLSLayer.of(ssl), let keys = layer.server?.ticketKeys, let name, let iv, let cipher,
                let authenticator
            else { return -1 }
            if isSealing != 0, !SessionTicket.fits(ssl) { return 0 }
            return keys.use(name: name, iv: iv, cipher: cipher, authenticator: authenticator, isSealing: isSealing != 0)
        }
    }
}
