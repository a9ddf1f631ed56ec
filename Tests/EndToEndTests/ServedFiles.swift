// Files that nginx serves to the proxy, whatever version the two speak.

import GateTesting
import Testing

enum ServedFiles {
    static func write(to directory: TemporaryDirectory) throws {
        try directory.write("small.txt", "small\n")
        try writeFile(
            directory.file("large.bin"), [UInt8]((0..<(8 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 13 >> 5) }))
    }

    /// They arrive whole; ranges, conditions and HEAD pass.
    static func expect(through proxy: ProxyUnderTest, from directory: TemporaryDirectory) throws {
        let client = try proxy.connect()
        try client.send(get("/small.txt"))
        let small = try client.readResponse()
        #expect(small.body.text == "small\n")
        let tag = try #require(small.head.only("ETag"))
        try client.send(
            get("/small.txt", "If-None-Match: \(tag)\r\n") + get("/large.bin", "Range: bytes=10-19\r\n")
                + ask("HEAD", "/large.bin"))
        #expect(try client.readResponse().status == 304)
        let range = try client.readResponse()
        #expect(range.status == 206)
        #expect(range.body.bytes.count == 10)
        #expect(try client.readResponse(to: "HEAD")["Content-Length"] == ["\(8 << 20)"])
        try client.send(get("/large.bin"))
        #expect(try client.readResponse(within: Deadline.usual * 4).body.bytes == readFile(directory.file("large.bin")))
    }
}
