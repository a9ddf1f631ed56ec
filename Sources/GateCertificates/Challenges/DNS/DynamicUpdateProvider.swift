import FoundationEssentials

/// Writes records by updates (RFC 2136), signed if there is a key.
struct DynamicUpdateProvider: DNSProvider {
    private let settings: DNSSettings.DynamicUpdate
    private let time: TimeSource

    /// Nobody need remember a record that is gone in a minute.
    private static let ttlSeconds: UInt32 = 60

    init(_ settings: DNSSettings.DynamicUpdate, time: TimeSource) {
        self.settings = settings
        self.time = time
    }

    func present(name: String, value: String) async throws { try await update(name, value, isAdded: true) }

    func remove(name: String, value: String) async throws { try await update(name, value, isAdded: false) }

    private func update(_ name: String, _ value: String, isAdded: Bool) async throws {
        let message = try Self.message(
            zone: settings.zone, name: name, value: value, isAdded: isAdded, id: UInt16.random(in: 0...UInt16.max))
        let answer = try await ask(message)
        guard let reply = DNSReply(answer) else { throw DNSFailure("\(settings.server) does not answer properly") }
        guard reply.code == 0 else { throw DNSFailure("\(settings.server): \(DNSReply.words(reply.code))") }
    }

    private func ask(_ message: [UInt8]) async throws -> [UInt8] {
        let exchange = DNSExchange(server: settings.server)
        guard let key = settings.key else { return try await exchange.ask(message) }
        let signature = TransactionSignature(key: key)
        let signed = try signature.sign(message, unixSeconds: now)
        let answer = try await exchange.ask(signed.message)
        do {
            try signature.check(answer, to: signed, unixSeconds: now)
        } catch let failure as DNSFailure {
            throw DNSFailure("\(settings.server): \(failure)")
        }
        return answer
    }

    private var now: UInt64 { UInt64(max(time.now().timeIntervalSince1970, 0)) }

    /// RFC 2136 §2: the zone, no prerequisites, and one record to add (§2.5.1) or to remove (§2.5.4).
    static func message(zone: String, name: String, value: String, isAdded: Bool, id: UInt16) throws -> [UInt8] {
        guard value.utf8.count <= 255 else { throw DNSFailure("the text is longer than 255 bytes") }
        var message = DNSWriter()
        message.number16(id)
        // Opcode 5: update.
        message.number16(5 << 11)
        for count in [1, 0, 1, 0] as [UInt16] { message.number16(count) }
        try message.name(zone)
        message.number16(DNSNumber.soa)
        message.number16(DNSNumber.internet)
        try message.name(name)
        message.number16(DNSNumber.txt)
        message.number16(isAdded ? DNSNumber.internet : DNSNumber.none)
        message.number32(isAdded ? ttlSeconds : 0)
        message.counted([UInt8(value.utf8.count)] + Array(value.utf8))
        return message.bytes
    }
}
