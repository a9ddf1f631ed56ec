// The extensions at the end of a version 2 PROXY header: checked, not kept. Section 2.2.

import GateCore

/// Type (1 byte), length (2 bytes, big-endian), value.
enum ProxyTLVs {
    private static let headBytes = 3
    /// PP2_TYPE_CRC32C: a checksum over the whole header with this value's bytes read as zero.
    private static let crcType: UInt8 = 0x03

    /// Whether the TLVs from `start` fill `header` exactly and a checksum among them is right. O(n).
    static func areValid(_ header: Span<UInt8>, from start: Int) -> Bool {
        var at = start
        var crcAt: Int?
        while at < header.count {
            guard at + headBytes <= header.count else { return false }
            let count = ProxyHeaderV2.number16(header, at + 1)
            let value = at + headBytes
            guard value + count <= header.count else { return false }
            if header[at] == crcType {
                // A second one could not be right beside the first.
                guard count == 4, crcAt == nil else { return false }
                crcAt = value
            }
            at = value + count
        }
        guard let crcAt else { return true }
        return checksum(header, crcAt) == stored(header, crcAt)
    }

    private static func stored(_ header: Span<UInt8>, _ at: Int) -> UInt32 {
        UInt32(ProxyHeaderV2.number16(header, at)) << 16 | UInt32(ProxyHeaderV2.number16(header, at + 2))
    }

    /// CRC32c (RFC 9260 appendix A), a bit at a time: it runs once in a connection over a few hundred bytes.
    static func checksum(_ header: Span<UInt8>, _ crcAt: Int) -> UInt32 {
        var crc = UInt32.max
        for i in 0..<header.count {
            crc ^= i >= crcAt && i < crcAt + 4 ? 0 : UInt32(header[i])
            for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0x82F6_3B78 : crc >> 1 }
        }
        return ~crc
    }
}
