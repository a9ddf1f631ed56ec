import GateCertificates
import GateControl
import GateCore

/// An answer from a name server is taken as a whole or not at all, and what is taken is within bounds.
enum DNSMessageProperty {
    /// A name of 253 bytes that is no UTF-8 may become three times as long.
    private static let nameBytesMax = 3 * 254

    static func check(_ bytes: Span<UInt8>) {
        let bytes = (0..<bytes.count).map { bytes[$0] }
        if let reply = DNSReply(bytes) { check(reply, bytes) }
        for type in [DNSType.a, .aaaa, .srv] {
            let question = DNSQuestion(name: "app.example", type: type)
            if let answer = DNSMessage.answer(bytes, to: question, id: identifier(bytes)) { check(answer) }
            let behind = behindQuestion(question, bytes)
            guard let answer = DNSMessage.answer(behind, to: question, id: 1) else { continue }
            check(answer)
            if let reply = DNSReply(behind) { check(reply, behind) }
            // Another question or another number is never answered by it.
            precondition(DNSMessage.answer(behind, to: question, id: 2) == nil)
            precondition(DNSMessage.answer(behind, to: DNSQuestion(name: "b.example", type: type), id: 1) == nil)
        }
    }

    private static func identifier(_ bytes: [UInt8]) -> UInt16 {
        bytes.count < 2 ? 0 : UInt16(bytes[0]) << 8 | UInt16(bytes[1])
    }

    /// The question as it was asked, with the flags and the counts that begin `bytes`, and the rest of them as records.
    private static func behindQuestion(_ question: DNSQuestion, _ bytes: [UInt8]) -> [UInt8] {
        guard var message = DNSMessage.query(question, id: 1) else { preconditionFailure("no question") }
        let head = bytes.prefix(6)
        for (index, byte) in head.enumerated() { message[index < 2 ? index + 2 : index + 4] = byte }
        return message + bytes.dropFirst(6)
    }

    /// Answers to DNS-01's questions, of which records are kept as bytes.
    private static func check(_ reply: DNSReply, _ bytes: [UInt8]) {
        var end = 0
        for record in reply.answers + reply.authorities + reply.additional {
            precondition(record.start >= end && record.dataStart > record.start)
            end = record.dataStart + record.data.count
            precondition(end <= bytes.count && record.data.elementsEqual(bytes[record.dataStart..<end]))
            check(name: record.name)
        }
    }

    private static func check(_ answer: DNSAnswer) {
        if answer.isTruncated { precondition(answer.records.isEmpty && answer.negativeSeconds == nil) }
        precondition((answer.negativeSeconds ?? 0) <= UInt32.max / 2)
        for record in answer.records {
            check(name: record.name)
            precondition(record.seconds <= UInt32.max / 2)
            switch record.value {
            case .address: break
            case .alias(let name): check(name: name)
            case .service(_, _, _, let target): check(name: target)
            }
        }
    }

    private static func check(name: String) {
        precondition(name.utf8.count <= nameBytesMax)
        precondition(name == name.lowercased())
    }
}
