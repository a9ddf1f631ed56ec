import GateCore
public import GateHTTP

extension MessageHead {
    /// A head as a parser would fill it, without a start line.
    public init(received fields: [(String, String)]) {
        self.init()
        for (name, value) in fields { receive(name, value) }
    }

    /// Adds a field as if it had been received.
    public mutating func receive(_ name: String, _ value: String) {
        let nameBytes = name.bytes
        let nameStart = received.count
        received.append(nameBytes.span)
        received.append(": ")
        let valueStart = received.count
        received.append(value.bytes.span)
        received.append("\r\n")
        appendReceived(
            FieldRecord(
                name: nameStart..<(nameStart + nameBytes.count), known: KnownField(nameBytes.span),
                value: valueStart..<(received.count - 2), flags: .canonical))
    }

    /// The fields that are there, in order, as `Name: value`.
    public var lines: [String] {
        (0..<fieldCount).filter { !field($0).isRemoved }.map {
            String(latin1: name($0).array) + ": " + String(latin1: value($0).array)
        }
    }
}
