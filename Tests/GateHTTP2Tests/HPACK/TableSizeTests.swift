import GateCore
import GateHTTP2
import GateTestSupport
import Testing

@Suite("SETTINGS_HEADER_TABLE_SIZE on a connection (RFC 7541 §4.2, RFC 9113 §4.3.1)")
struct TableSizeTests {
    /// The first bytes of the block that answers a request behind these frames.
    private func block(after frames: [[UInt8]]) -> [UInt8] {
        let session = Session.ready(.server)
        session.receive(frames.flatMap { $0 } + Frame.request(1))
        _ = session.sent()
        session.respond(1, 200, end: true)
        return session.sent().first { $0.type == 1 }?.payload ?? []
    }

    @Test("§4.2: the next block announces what the peer asked for, and the lowest size on the way")
    func announcements() {
        let back: [UInt8] = [0x3F, 0xE1, 0x1F]
        #expect(block(after: []) == [0x88])
        #expect(block(after: [Frame.settings([(1, 4096)])]) == [0x88])
        #expect(block(after: [Frame.settings([(1, 1 << 20)])]) == [0x88])
        #expect(block(after: [Frame.settings([(1, 0)])]) == [0x20, 0x88])
        #expect(block(after: [Frame.settings([(1, 0)]), Frame.settings([(1, 4096)])]) == [0x20] + back + [0x88])
        #expect(block(after: [Frame.settings([(1, 0), (1, 4096)])]) == [0x20] + back + [0x88])
        #expect(
            block(after: [Frame.settings([(1, 10)]), Frame.settings([(1, 0xFFFF_FFFF)])]) == [0x2A] + back + [0x88])
    }
}
