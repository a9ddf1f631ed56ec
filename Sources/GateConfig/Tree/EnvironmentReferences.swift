// `${NAME}` and `${NAME:-default}` in scalars. The replaced text is never read as YAML, so a variable cannot add structure.

struct EnvironmentReferences {
    let environment: [String: String]

    /// Why a reference cannot be replaced, and how many characters (Unicode scalars) stand before it.
    struct Failure: Error {
        var message: String
        var offset: Int
    }

    /// Replaces each reference; `$${` becomes `${`. Text without references is returned as it is.
    func expand(_ text: String) throws(Failure) -> String {
        guard text.utf8.contains(UInt8(ascii: "$")) else { return text }
        var result = String.UnicodeScalarView()
        var rest = text.unicodeScalars[...]
        while let scalar = rest.first {
            if rest.starts(with: "$${".unicodeScalars) {
                result.append(contentsOf: "${".unicodeScalars)
                rest = rest.dropFirst(3)
            } else if rest.starts(with: "${".unicodeScalars) {
                let offset = text.unicodeScalars.count - rest.count
                rest = rest.dropFirst(2)
                guard let end = rest.firstIndex(of: "}") else { throw Failure(message: unclosed, offset: offset) }
                let value = try value(of: String(rest[..<end]), offset)
                result.append(contentsOf: value.unicodeScalars)
                rest = rest[rest.index(after: end)...]
            } else {
                result.append(scalar)
                rest = rest.dropFirst()
            }
        }
        return String(result)
    }

    private var unclosed: String { "`${` without its `}`; for the characters themselves write `$${`" }

    /// The value of `NAME` or `NAME:-default`. As in a shell, an empty variable takes the default too.
    private func value(of reference: String, _ offset: Int) throws(Failure) -> String {
        let (name, fallback) = split(reference)
        guard isName(name) else {
            throw Failure(
                message:
                    "\(quoted("${\(reference)}")) is no environment reference; write `${NAME}` or `${NAME:-default}`, "
                    + "or `$${` for the characters themselves", offset: offset)
        }
        if let value = environment[name], !value.isEmpty || fallback == nil { return value }
        guard let fallback else {
            throw Failure(
                message: "the environment has no variable \(quoted(name)); set it or write `${\(name):-default}`",
                offset: offset)
        }
        return fallback
    }

    private func split(_ reference: String) -> (name: String, fallback: String?) {
        let scalars = reference.unicodeScalars
        for index in scalars.indices where scalars[index...].starts(with: ":-".unicodeScalars) {
            return (String(scalars[..<index]), String(scalars[index...].dropFirst(2)))
        }
        return (reference, nil)
    }

    private func isName(_ name: String) -> Bool {
        guard let first = name.utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else {
            return false
        }
        return name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"): true
            case UInt8(ascii: "0")...UInt8(ascii: "9"): true
            default: false
            }
        }
    }
}
