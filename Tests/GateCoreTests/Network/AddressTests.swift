import GateCore
import Testing

@Suite("IP addresses")
struct IPAddressTests {
    @Test(
        "is written as RFC 5952 says",
        arguments: [
            ("192.0.2.1", "192.0.2.1"), ("0.0.0.0", "0.0.0.0"), ("255.255.255.255", "255.255.255.255"),
            ("::", "::"), ("::1", "::1"), ("1::", "1::"), ("2001:DB8::1", "2001:db8::1"),
            ("2001:db8:0:0:0:0:2:1", "2001:db8::2:1"), ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"),
            ("2001:0:0:1:0:0:0:1", "2001:0:0:1::1"), ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),
            ("::ffff:192.0.2.1", "192.0.2.1"), ("::ffff:c000:201", "192.0.2.1"),
            ("64:ff9b::1.2.3.4", "64:ff9b::102:304"),
            ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"), ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"),
            ("1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"), ("fe80:0000:0000:0000:0000:0000:0000:0001", "fe80::1"),
        ])
    func roundTrip(text: String, written: String) throws {
        let address = try #require(IPAddress(text))
        #expect(address.description == written)
        #expect(IPAddress(address.description) == address)
    }

    @Test(
        "is refused when two programs could read it differently",
        arguments: [
            "", "1", "1.2.3", "1.2.3.4.5", "01.2.3.4", "1.2.3.00", "256.1.1.1", "1.2.3.4 ", " 1.2.3.4", "1.2.3.-4",
            "0x7f.1",
            "1..2.3", ".1.2.3", "1.2.3.", ":", ":::", "1:", ":1", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9",
            "1:2:3:4:5:6:7:8:",
            "::1::", "12345::", "g::", "::1%eth0", "[::1]", "1::2:3:4:5:6:7:8", "::1.2.3", "1.2.3.4::", "::1.2.3.4:1",
            "1:2:3:4:5:6:7:1.2.3.4", "1:::2", "::ffff:1.2.3.256", "localhost", "1.2.3.4.", "１.2.3.4",
        ])
    func refused(text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test("mapped IPv6 is IPv4, compatible IPv6 is not")
    func folding() {
        #expect(IPAddress("::ffff:1.2.3.4") == IPAddress(1, 2, 3, 4))
        #expect(IPAddress("::ffff:1.2.3.4")?.isIPv4 == true)
        #expect(IPAddress("::1.2.3.4")?.isIPv4 == false)
        #expect(IPAddress("127.9.9.9")?.isLoopback == true)
        #expect(IPAddress("128.0.0.1")?.isLoopback == false)
        #expect(IPAddress.loopback.isLoopback)
        #expect(IPAddress.any.isUnspecified && IPAddress.anyIPv4.isUnspecified)
    }
}

@Suite("Address blocks")
struct AddressBlockTests {
    @Test(
        "holds its first and last address and not their neighbours",
        arguments: [
            ("10.0.0.0/8", "10.0.0.0", "10.255.255.255", "9.255.255.255", "11.0.0.0"),
            ("192.0.2.7", "192.0.2.7", "192.0.2.7", "192.0.2.6", "192.0.2.8"),
            ("192.0.2.7/31", "192.0.2.6", "192.0.2.7", "192.0.2.5", "192.0.2.8"),
            ("::ffff:10.0.0.0/104", "10.0.0.0", "10.255.255.255", "9.255.255.255", "11.0.0.0"),
            ("2001:db8::/32", "2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db7:ffff::", "2001:db9::"),
            ("2001:db8::/65", "2001:db8::", "2001:db8::7fff:ffff:ffff:ffff", "2001:db7::", "2001:db8:0:0:8000::"),
            ("0.0.0.0/0", "0.0.0.0", "255.255.255.255", "::", "::1"), ("::/0", "::", "ffff::", "1.2.3.4", "0.0.0.0"),
        ])
    func edges(block: String, first: String, last: String, below: String, above: String) throws {
        let block = try #require(AddressBlock(block))
        #expect(try block.contains(#require(IPAddress(first))))
        #expect(try block.contains(#require(IPAddress(last))))
        #expect(try !block.contains(#require(IPAddress(below))))
        #expect(try !block.contains(#require(IPAddress(above))))
        let set = AddressSet([block])
        #expect(try set.contains(#require(IPAddress(last))))
        #expect(try !set.contains(#require(IPAddress(above))))
    }

    @Test(
        "is refused when it is not address/length",
        arguments: [
            "", "/8", "10.0.0.0/", "10.0.0.0/33", "::/129", "10.0.0.0/-1", "10.0.0.0/08", "10.0.0.0/8/8",
            "::ffff:1.2.3.4/95",
        ])
    func refused(text: String) {
        #expect(AddressBlock(text) == nil)
    }

    @Test("is written with its length, one address without")
    func description() {
        #expect(AddressBlock("10.1.2.3/8")?.description == "10.0.0.0/8")
        #expect(AddressBlock("10.1.2.3/32")?.description == "10.1.2.3")
        #expect(AddressBlock("::1/128")?.description == "::1")
    }
}

@Suite("Address sets")
struct AddressSetTests {
    @Test("an empty set contains nothing")
    func empty() {
        #expect(!AddressSet().contains(IPAddress(1, 2, 3, 4)))
        #expect(!AddressSet([]).contains(.any))
    }

    @Test("answers as a walk over the blocks does")
    func agreesWithWalk() {
        var generator = SystemRandomNumberGenerator()
        var blocks: [AddressBlock] = []
        for _ in 0..<200 {
            let base = IPAddress(v4: UInt32.random(in: 0..<1 << 16, using: &generator) << 8)
            blocks.append(AddressBlock(base, prefixLength: Int.random(in: 12...32, using: &generator)))
            let wide = IPAddress(high: UInt64.random(in: 0..<1 << 12, using: &generator), low: 0)
            blocks.append(AddressBlock(wide, prefixLength: Int.random(in: 60...128, using: &generator)))
        }
        let set = AddressSet(blocks)
        for _ in 0..<2000 {
            let v4 = IPAddress(v4: UInt32.random(in: 0..<1 << 24, using: &generator))
            #expect(set.contains(v4) == blocks.contains { $0.contains(v4) })
            let v6 = IPAddress(high: UInt64.random(in: 0..<1 << 12, using: &generator), low: UInt64.random(in: 0...1))
            #expect(set.contains(v6) == blocks.contains { $0.contains(v6) })
        }
    }

    @Test("holds whole families up to their last address")
    func wholeFamilies() {
        let all = AddressSet([AddressBlock("0.0.0.0/0")!, AddressBlock("::/0")!, AddressBlock("ffff::/16")!])
        #expect(all.contains(IPAddress(255, 255, 255, 255)))
        #expect(all.contains(IPAddress(high: .max, low: .max)))
    }
}

@Suite("Socket addresses")
struct SocketAddressTests {
    @Test(
        "is read and written in the form that a configuration uses",
        arguments: [
            ("127.0.0.1:80", SocketAddress.ip(.loopbackIPv4, port: 80)), (":8080", .ip(.any, port: 8080)),
            ("[::1]:443", .ip(.loopback, port: 443)), ("0.0.0.0:1", .ip(.anyIPv4, port: 1)), (":0", .ip(.any, port: 0)),
            ("unix:/run/gate.sock", .unix(path: "/run/gate.sock")),
        ])
    func roundTrip(text: String, address: SocketAddress) {
        #expect(SocketAddress(text) == address)
        #expect(address.description == text)
    }

    @Test("any address listens on both families")
    func dualStack() {
        #expect(SocketAddress(":80")?.isDualStack == true)
        #expect(SocketAddress("[::]:80") == SocketAddress(":80"))
        #expect(SocketAddress("0.0.0.0:80")?.isDualStack == false)
        #expect(SocketAddress("unix:/a")?.port == nil)
    }

    @Test(
        "is refused without a literal address and a port",
        arguments: [
            "", "80", ":", ":00", ":65536", ":080", ":+80", "localhost:80", "::1:80", "[::1]", "[127.0.0.1]:80",
            "127.0.0.1", "1.2.3.4:",
            "unix:", "unix:/", "unix:run/a", "unix:@a", "[::1:80", "::1]:80",
        ])
    func refused(text: String) {
        #expect(SocketAddress(text) == nil)
    }

    @Test("a path may be 107 bytes long and no longer")
    func pathLength() {
        #expect(SocketAddress("unix:/" + String(repeating: "a", count: 106)) != nil)
        #expect(SocketAddress("unix:/" + String(repeating: "a", count: 107)) == nil)
    }
}
