import CNIOBoringSSL
import GateCore
public import GateEngine

/// How far a handshake has come.
public enum HandshakeProgress: Equatable, Sendable {
    /// Data may go both ways.
    case done
    /// It goes on when the socket is ready again.
    case waiting
    /// It goes on when somebody has found a certificate: see `ServerTLSContext.waitsForUnknownNames`.
    case suspended
    /// It is over. An alert was sent where there is one for it.
    case failed(TLSFailure)
}

extension TLSLayer {
    /// Goes on with the handshake as far as the socket allows. Call it once at the beginning of a connection to a server,
    /// and whenever the socket is ready, until it is done or has failed.
    public func handshake(on socket: Socket) -> HandshakeProgress {
        let result = using(socket) { SSL_do_handshake(ssl) }
        socket.setStaged(!waiting.isEmpty)
        guard result == 1 else { return progress(after: result) }
        isEstablished = true
        wantedName = nil
        return .done
    }

    /// No certificate was found for `wantedName`: the handshake ends as it would have without waiting.
    public func resumeWithoutIdentity() { gaveUpWaiting = true }

    /// Bytes that somebody has read from the descriptor before the layer came: the beginning of the first record.
    public func prepend(_ bytes: Span<UInt8>) {
        guard !bytes.isEmpty else { return }
        if waiting.capacity == 0 { waiting = workspace.pool.take() }
        waiting.append(bytes)
    }

    private func progress(after result: Int32) -> HandshakeProgress {
        switch SSL_get_error(ssl, result) {
        case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: return .waiting
        case SSL_ERROR_PENDING_CERTIFICATE: return .suspended
        case SSL_ERROR_SYSCALL:
            LibraryError.clear()
            return fail(TLSFailure(brokenCode == 0 ? .closed : .broken(brokenCode)))
        default:
            let error = LibraryError.take()
            if refusesName { return fail(TLSFailure(.unknownName, detail: serverName ?? "none was asked for")) }
            return fail(TLSFailure(error, verifyResult: SSL_get_verify_result(ssl)))
        }
    }

    private func fail(_ failure: TLSFailure) -> HandshakeProgress {
        isDead = true
        self.failure = failure
        return .failed(failure)
    }
}
