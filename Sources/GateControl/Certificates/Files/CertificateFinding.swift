internal import GateConfig

/// Something that is wrong with a certificate, a key or a list in a file.
struct CertificateFinding: Equatable, Sendable {
    /// How grave it is.
    enum Gravity: Sendable {
        /// It cannot be used.
        case error
        /// It can be used, and clients may refuse it.
        case warning
        /// It was good at another time, or is not there yet. `check` refuses it; a running proxy, which has other work
        /// besides, warns.
        case outOfTime
    }

    var gravity: Gravity
    var file: FileReference
    /// What is wrong and how to mend it; begins with the file's name.
    var message: String

    /// What goes on after the file's name in quotes.
    init(_ gravity: Gravity, _ file: FileReference, _ words: String) {
        self.gravity = gravity
        self.file = file
        message = "\(quoted(file.name)) \(words)"
    }

    /// The finding at the place where the configuration names the file.
    func diagnostic(isCheck: Bool) -> Diagnostic {
        let isError = gravity == .error || gravity == .outOfTime && isCheck
        let place = file.origin.location ?? SourceLocation(file: file.path)
        return Diagnostic(isError ? .error : .warning, at: place, message)
    }
}
