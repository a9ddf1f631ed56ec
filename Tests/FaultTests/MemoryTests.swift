// Memory under large bodies and slow sides, in a process of its own.

import GateTesting
import Testing

@Suite("Memory does not follow the size of a body")
struct MemoryTests {
    @Test("a slow reader of a gigabyte costs less than 4 MiB")
    func slowReader() async {
        await #expect(processExitsWith: .success) {
            try Stage.play(mebibytes) { stage in
                let client = try stage.connect(receiveBufferBytes: 64 << 10)
                try download(32, client)
                let before = residentKiB()
                try download(1024, client)
                let grown = residentKiB() - before
                #expect(grown < 4096, "grew by \(grown) KiB")
            }
        }
    }

    @Test("a slow reader of 200 MiB over TLS costs less than 4 MiB")
    func slowSecureReader() async {
        await #expect(processExitsWith: .success) {
            try SecureStage.play(mebibytes) { secure in
                let raw = try secure.connectPlain(receiveBufferBytes: 64 << 10)
                let client = try RawTLSConnection(over: raw)
                try download(32, client)
                let before = residentKiB()
                try download(200, client)
                let grown = residentKiB() - before
                #expect(grown < 4096, "grew by \(grown) KiB")
            }
        }
    }

    @Test("an upload of a gigabyte to a slow backend costs less than 4 MiB")
    func slowBackend() async {
        await #expect(processExitsWith: .success) {
            let script: ScriptedServer.Script = { visit in
                while true {
                    let head = try visit.connection.readHead(within: Deadline.long)
                    let count = head.only("Content-Length").flatMap { Int($0) } ?? 0
                    // Nothing is read until the sender is stuck.
                    try visit.server.release.wait()
                    try visit.connection.discard(exactly: count, within: Deadline.usual * 16)
                    try visit.respond()
                }
            }
            try Stage.play(script) { stage in
                let client = try stage.connect()
                stage.backend.release.fire()
                try upload(32, client)
                let before = residentKiB()
                try upload(1024, client)
                let grown = residentKiB() - before
                #expect(grown < 4096, "grew by \(grown) KiB")
            }
        }
    }
}

/// `/N` has N MiB.
private let mebibytes = ScriptedServer.serving { visit, request in
    let count = Int(request.target.dropFirst()) ?? 0
    try visit.send("HTTP/1.1 200 OK\r\nContent-Length: \(count << 20)\r\n\r\n")
    let piece = [UInt8](repeating: 7, count: 1 << 20)
    for _ in 0..<count { try visit.send(piece) }
}

private func download(_ mebibytes: Int, _ client: some ByteStream) throws {
    try client.send(get("/\(mebibytes)"))
    _ = try client.readHead()
    try client.discard(exactly: mebibytes << 20, within: Deadline.usual * 16)
}

private func upload(_ mebibytes: Int, _ client: RawConnection) throws {
    try client.send(ask("POST", "/", "Content-Length: \(mebibytes << 20)\r\n"))
    let piece = [UInt8](repeating: 7, count: 1 << 20)
    for _ in 0..<mebibytes { try client.send(piece, within: Deadline.long) }
    _ = try client.readResponse(within: Deadline.long)
}
