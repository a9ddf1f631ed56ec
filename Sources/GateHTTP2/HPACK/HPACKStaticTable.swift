import GateCore

/// The fields that both ends know from the start. RFC 7541 appendix A. Made once for the process.
struct HPACKStaticTable: BitwiseCopyable, @unchecked Sendable {
    // Sendable: nobody writes to the memory after `shared` has been made, and it is never freed.
    static let shared = HPACKStaticTable()

    static let count = 61

    /// Entries from index 1 on; positions count from `lines`.
    private let entries: UnsafePointer<HPACKEntry>
    /// The entries' lines one behind the other.
    let lines: UnsafePointer<UInt8>
    /// For each number of a name, the lowest index that has it, or 0.
    private let indices: UnsafePointer<UInt8>

    private init() {
        let fields = Self.fields
        precondition(fields.count == Self.count)
        var lines: [UInt8] = []
        let entries = UnsafeMutablePointer<HPACKEntry>.allocate(capacity: fields.count)
        let indices = UnsafeMutablePointer<UInt8>.allocate(capacity: HPACKName.count)
        indices.initialize(repeating: 0, count: HPACKName.count)
        for (place, field) in fields.enumerated() {
            let number = HPACKName(Array(field.0.utf8).span)
            // RFC 9113 §8.3.1: an authority goes on as a Host field.
            let name = number.pseudo == .authority ? "host" : field.0
            let entry = HPACKEntry(
                position: lines.count, nameCount: name.utf8.count, valueCount: field.1.utf8.count, name: number,
                checks: [.goodName, .goodValue])
            // Safe: places count what was allocated, and numbers are below `HPACKName.count`.
            unsafe (entries + place).initialize(to: entry)
            if number != .other, unsafe indices[Int(number.number)] == 0 {
                unsafe indices[Int(number.number)] = UInt8(place + 1)
            }
            lines += "\(name): \(field.1)\r\n".utf8
        }
        let bytes = UnsafeMutablePointer<UInt8>.allocate(capacity: lines.count)
        lines.withUnsafeBufferPointer { bytes.initialize(from: $0.baseAddress!, count: $0.count) }
        self.entries = UnsafePointer(entries)
        self.indices = UnsafePointer(indices)
        self.lines = UnsafePointer(bytes)
    }

    /// The entry at `index`, 1...61.
    @inline(__always)
    func entry(_ index: Int) -> HPACKEntry {
        precondition(index > 0 && index <= Self.count)
        return unsafe entries[index &- 1]
    }

    /// The lowest index whose name has this number, or 0.
    @inline(__always)
    func index(of name: HPACKName) -> Int {
        precondition(Int(name.number) < HPACKName.count)
        return unsafe Int(indices[Int(name.number)])
    }

    /// The index of a name in lower case that has no number, or 0.
    func index(ofOther name: Span<UInt8>) -> Int {
        let candidate: (StaticString, Int)
        switch name.count {
        case 4: candidate = ("from", 37)
        case 13: candidate = ("accept-ranges", 18)
        case 14: candidate = ("accept-charset", 15)
        case 16: candidate = ("content-language", 27)
        case 19: candidate = ("content-disposition", 25)
        case 27: candidate = ("access-control-allow-origin", 20)
        default: return 0
        }
        return ASCII.matches(name, candidate.0) ? candidate.1 : 0
    }

    /// The index of a status that the table has whole, or 0.
    @inline(__always)
    static func index(ofStatus status: Int) -> Int {
        switch status {
        case 200: 8
        case 204: 9
        case 206: 10
        case 304: 11
        case 400: 12
        case 404: 13
        case 500: 14
        default: 0
        }
    }

    static let fields: [(String, String)] = [
        (":authority", ""), (":method", "GET"), (":method", "POST"), (":path", "/"), (":path", "/index.html"),
        (":scheme", "http"), (":scheme", "https"), (":status", "200"), (":status", "204"), (":status", "206"),
        (":status", "304"), (":status", "400"), (":status", "404"), (":status", "500"), ("accept-charset", ""),
        ("accept-encoding", "gzip, deflate"), ("accept-language", ""), ("accept-ranges", ""), ("accept", ""),
        ("access-control-allow-origin", ""), ("age", ""), ("allow", ""), ("authorization", ""),
        ("cache-control", ""), ("content-disposition", ""), ("content-encoding", ""), ("content-language", ""),
        ("content-length", ""), ("content-location", ""), ("content-range", ""), ("content-type", ""),
        ("cookie", ""), ("date", ""), ("etag", ""), ("expect", ""), ("expires", ""), ("from", ""), ("host", ""),
        ("if-match", ""), ("if-modified-since", ""), ("if-none-match", ""), ("if-range", ""),
        ("if-unmodified-since", ""), ("last-modified", ""), ("link", ""), ("location", ""), ("max-forwards", ""),
        ("proxy-authenticate", ""), ("proxy-authorization", ""), ("range", ""), ("referer", ""), ("refresh", ""),
        ("retry-after", ""), ("server", ""), ("set-cookie", ""), ("strict-transport-security", ""),
        ("transfer-encoding", ""), ("user-agent", ""), ("vary", ""), ("via", ""), ("www-authenticate", ""),
    ]
}
