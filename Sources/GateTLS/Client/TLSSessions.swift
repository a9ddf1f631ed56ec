// Sessions of one server that later connections resume (RFC 8446 §2.2, RFC 5077).

internal import CNIOBoringSSL

/// What was kept of earlier connections to one server. It belongs to one thread, as the connections do.
///
/// Whoever holds it sees to it that it serves one server, one name and one context: a session carries the verdict on the
/// certificate that began it.
public final class TLSSessions {
    /// Sessions kept. A TLS 1.3 server sends one or two for each connection, and each is good for one more.
    public static let countMax = 4

    /// The newest is the last. Each is owned.
    private var sessions: [OpaquePointer] = []

    public init() {}

    deinit { removeAll() }

    /// Sessions there are.
    public var count: Int { sessions.count }

    /// Keeps a session, which is owned from now on, in the place of the oldest if there are too many.
    func add(_ session: OpaquePointer) {
        if SSL_SESSION_should_be_single_use(session) == 0 { removeAll() }
        if sessions.count == Self.countMax { SSL_SESSION_free(sessions.removeFirst()) }
        sessions.append(session)
    }

    /// The newest session for the caller to own, or nil. One of TLS 1.3 is given away for good, so that nobody can tell
    /// that two connections belong together (RFC 8446 §C.4); others are good for any number of connections.
    func take() -> OpaquePointer? {
        guard let newest = sessions.last else { return nil }
        if SSL_SESSION_should_be_single_use(newest) != 0 {
            sessions.removeLast()
        } else {
            SSL_SESSION_up_ref(newest)
        }
        return newest
    }

    /// Forgets everything.
    public func removeAll() {
        for session in sessions { SSL_SESSION_free(session) }
        sessions.removeAll()
    }
}
