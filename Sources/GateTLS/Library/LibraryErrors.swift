// BoringSSL keeps what went wrong in a queue for each thread. It is taken out right after the call that failed.

import CNIOBoringSSL

/// One entry of the library's queue of errors.
struct LibraryError: Equatable {
    let code: UInt32

    /// The oldest entry, which is the cause; the queue is empty afterwards. Nil when there was none.
    static func take() -> LibraryError? {
        let code = ERR_get_error()
        ERR_clear_error()
        return code == 0 ? nil : LibraryError(code: code)
    }

    static func clear() { ERR_clear_error() }

    /// Which part of the library said it (`ERR_LIB_…`).
    var library: Int32 { Int32((code >> 24) & 0xFF) }
    /// The reason, a number of that part.
    var reason: Int32 { Int32(code & 0xFFF) }

    /// The reason in the library's words, such as `WRONG_VERSION_NUMBER`.
    var text: String {
        guard let words = ERR_reason_error_string(code) else { return "error \(code)" }
        return String(cString: words)
    }
}
