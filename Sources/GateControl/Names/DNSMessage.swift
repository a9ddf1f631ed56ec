// Questions and answers of the Domain Name System as bytes (RFC 1035 §4). Answers come from the network: every length is
// checked, names are bounded, and pointers may only lead back.

package import GateCore

/// The kinds of records that are asked for.
package enum DNSType: UInt16, Sendable {
    case a = 1
    case cname = 5
    case aaaa = 28
    case srv = 33
}

/// What is asked.
package struct DNSQuestion: Sendable, Hashable {
    /// In lower case, without a dot at its end.
    package var name: String
    package var type: DNSType

    package init(name: String, type: DNSType) {
        self.name = name
        self.type = type
    }
}

/// One record of an answer.
package struct DNSRecord: Sendable, Equatable {
    package enum Value: Sendable, Equatable {
        case address(IPAddress)
        case alias(String)
        case service(priority: UInt16, weight: UInt16, port: UInt16, target: String)
    }

    package var name: String
    package var seconds: UInt32
    package var value: Value
}

/// What a server said.
package struct DNSAnswer: Sendable {
    /// RFC 1035 §4.1.1.
    package enum Code: UInt8 {
        case noError = 0
        case formatError, serverFailure, noSuchName, notImplemented, refused
    }

    package var code: Code
    package var isTruncated: Bool
    /// Of the kinds that are known here.
    package var records: [DNSRecord]
    /// How long the lack of an answer may be believed (RFC 2308 §5), if the server said so.
    package var negativeSeconds: UInt32?
}

package enum DNSMessage {
    /// A question for a recursive server; nil for a name that is none.
    package static func query(_ question: DNSQuestion, id: UInt16) -> [UInt8]? {
        var bytes: [UInt8] = []
        // Recursion desired; one question.
        for number in [id, 0x0100, 1, 0, 0, 0] as [UInt16] { append(number, to: &bytes) }
        guard appendName(question.name, to: &bytes) else { return nil }
        append(question.type.rawValue, to: &bytes)
        append(1, to: &bytes)
        return bytes
    }

    /// The answer to a question; nil for anything that is not exactly that.
    package static func answer(_ bytes: [UInt8], to question: DNSQuestion, id: UInt16) -> DNSAnswer? {
        var reader = DNSReader(bytes)
        guard reader.number16() == id, let flags = reader.number16(), flags & 0x8000 != 0, flags & 0x7800 == 0,
            let code = DNSAnswer.Code(rawValue: UInt8(flags & 0xF)), reader.number16() == 1,
            let answers = reader.number16(), let authorities = reader.number16(), reader.number16() != nil,
            let name = reader.name(), name == question.name, reader.number16() == question.type.rawValue,
            reader.number16() == 1
        else { return nil }
        var answer = DNSAnswer(code: code, isTruncated: flags & 0x0200 != 0, records: [])
        // What is cut is asked for again in full.
        if answer.isTruncated { return answer }
        for _ in 0..<answers {
            guard let record = reader.record() else { return nil }
            if case .known(let known) = record { answer.records.append(known) }
        }
        for _ in 0..<authorities {
            guard let record = reader.record() else { return answer }
            if case .start(let seconds) = record { answer.negativeSeconds = seconds }
        }
        return answer
    }

    private static func append(_ number: UInt16, to bytes: inout [UInt8]) {
        bytes += [UInt8(number >> 8), UInt8(number & 0xFF)]
    }

    private static func appendName(_ name: String, to bytes: inout [UInt8]) -> Bool {
        guard (1...253).contains(name.utf8.count) else { return false }
        for label in name.split(separator: ".", omittingEmptySubsequences: false) {
            guard (1...63).contains(label.utf8.count) else { return false }
            bytes.append(UInt8(label.utf8.count))
            bytes += Array(label.utf8)
        }
        bytes.append(0)
        return true
    }
}

extension DNSReader {
    fileprivate enum Record {
        case known(DNSRecord)
        /// A zone's start, by how long its "no" may be believed.
        case start(UInt32)
        case other
    }

    fileprivate mutating func record() -> Record? {
        guard let name = name(), let type = number16(), let recordClass = number16(), let seconds = number32(),
            let length = number16()
        else { return nil }
        let end = at + Int(length)
        guard end <= count else { return nil }
        defer { skip(to: end) }
        // RFC 2181 §8: a TTL with its highest bit set is 0.
        let ttl = seconds > UInt32.max / 2 ? 0 : seconds
        if type == 6 { return start(ttl, end) }
        guard recordClass == 1, let type = DNSType(rawValue: type) else { return .other }
        guard let value = value(type, end) else { return nil }
        return .known(DNSRecord(name: name, seconds: ttl, value: value))
    }

    private mutating func value(_ type: DNSType, _ end: Int) -> DNSRecord.Value? {
        switch type {
        case .a:
            guard end - at == 4, let bits = number32() else { return nil }
            return .address(IPAddress(v4: bits))
        case .aaaa:
            guard end - at == 16, let a = number32(), let b = number32(), let c = number32(), let d = number32() else {
                return nil
            }
            return .address(IPAddress(high: UInt64(a) << 32 | UInt64(b), low: UInt64(c) << 32 | UInt64(d)))
        case .cname:
            guard let target = name(), at == end else { return nil }
            return .alias(target)
        case .srv:
            guard let priority = number16(), let weight = number16(), let port = number16(), let target = name(),
                at == end
            else { return nil }
            return .service(priority: priority, weight: weight, port: port, target: target)
        }
    }

    /// RFC 2308 §5: the least of the record's own time and of its last number.
    private mutating func start(_ seconds: UInt32, _ end: Int) -> Record? {
        guard name() != nil, name() != nil, end - at == 20 else { return nil }
        skip(to: at + 16)
        guard let minimum = number32() else { return nil }
        return .start(min(seconds, minimum))
    }
}
