import GateCore

/// An answer, its parts still as bytes.
package struct DNSReply: Sendable {
    package struct Record: Sendable {
        package var name: String
        var type: UInt16
        var recordClass: UInt16
        var ttl: UInt32
        /// Where the record begins in the message.
        package var start: Int
        /// Where its data begins.
        package var dataStart: Int
        package var data: [UInt8]
    }

    var id: UInt16
    var flags: UInt16
    package var answers: [Record] = []
    package var authorities: [Record] = []
    package var additional: [Record] = []

    var code: UInt16 { flags & 0xF }
    var isTruncated: Bool { flags & 0x0200 != 0 }
    var isAuthoritative: Bool { flags & 0x0400 != 0 }

    /// Records of a message at most.
    private static let recordsMax = 512

    /// Nil for what is no answer.
    package init?(_ bytes: [UInt8]) {
        var reader = DNSReader(bytes)
        guard let id = reader.number16(), let flags = reader.number16(), flags & 0x8000 != 0,
            let questions = reader.number16(), questions <= 1, let answers = reader.number16(),
            let authorities = reader.number16(), let additional = reader.number16(),
            Int(answers) + Int(authorities) + Int(additional) <= Self.recordsMax
        else { return nil }
        (self.id, self.flags) = (id, flags)
        if questions == 1 {
            guard reader.name() != nil, reader.number32() != nil else { return nil }
        }
        guard let first = Self.records(Int(answers), &reader), let second = Self.records(Int(authorities), &reader),
            let third = Self.records(Int(additional), &reader)
        else { return nil }
        (self.answers, self.authorities, self.additional) = (first, second, third)
    }

    private static func records(_ count: Int, _ reader: inout DNSReader) -> [Record]? {
        var records: [Record] = []
        for _ in 0..<count {
            let start = reader.at
            guard let name = reader.name(), let type = reader.number16(), let recordClass = reader.number16(),
                let ttl = reader.number32(), let length = reader.number16()
            else { return nil }
            let dataStart = reader.at
            guard let data = reader.take(Int(length)) else { return nil }
            records.append(
                Record(
                    name: name, type: type, recordClass: recordClass, ttl: ttl, start: start, dataStart: dataStart,
                    data: data))
        }
        return records
    }

    /// What RFC 1035 §4.1.1 and RFC 2136 §2.2 call the code.
    static func words(_ code: UInt16) -> String {
        switch code {
        case 1: "the message is malformed (FORMERR)"
        case 2: "the server failed (SERVFAIL)"
        case 3: "there is no such name (NXDOMAIN)"
        case 4: "the server takes no updates (NOTIMP)"
        case 5: "the server refuses; check the key's rights (REFUSED)"
        case 9: "the server is not the zone's, or does not know the key; check `zone` and `key` (NOTAUTH)"
        case 10: "the name is not in the zone; check `zone` (NOTZONE)"
        default: "the server answers with code \(code)"
        }
    }
}
