import GateCore
import GateHTTP

/// The time of day for logs off the hot path.
public enum LogClock {
    /// `2026-01-31T23:59:59.123Z`
    public static func iso() -> String {
        var stamp = LogTimestamp()
        var buffer = ByteBuffer(capacity: 32)
        stamp.appendISO(to: &buffer)
        return buffer.span.text
    }
}

/// The time of day in the forms that logs use; the part above a second is made once a second.
struct LogTimestamp: ~Copyable {
    private var second: UInt64 = .max
    private var iso = ByteBuffer(capacity: 32)
    private var combined = ByteBuffer(capacity: 40)

    /// `2026-01-31T23:59:59.123Z`
    mutating func appendISO(to buffer: inout ByteBuffer) {
        let nowNs = Clock.wallNs()
        refresh(nowNs / 1_000_000_000)
        buffer.append(iso.span)
        let ms = Int(nowNs / 1_000_000 % 1000)
        buffer.append(byte: 0x2E)
        buffer.append(byte: 0x30 + UInt8(ms / 100))
        buffer.append(byte: 0x30 + UInt8(ms / 10 % 10))
        buffer.append(byte: 0x30 + UInt8(ms % 10))
        buffer.append(byte: 0x5A)
    }

    /// `31/Jan/2026:23:59:59 +0000`
    mutating func appendCombined(to buffer: inout ByteBuffer) {
        refresh(Clock.wallNs() / 1_000_000_000)
        buffer.append(combined.span)
    }

    private mutating func refresh(_ now: UInt64) {
        guard now != second else { return }
        second = now
        // `Sun, 06 Nov 1994 08:49:37 GMT`
        var date = ByteBuffer(capacity: 32)
        HTTPDate.append(unixSeconds: Int(now), to: &date)
        writeCombined(date.span)
        writeISO(date.span)
    }

    private mutating func writeCombined(_ date: Span<UInt8>) {
        combined.removeAll()
        combined.append(date, 5..<7)
        combined.append(byte: ASCII.slash)
        combined.append(date, 8..<11)
        combined.append(byte: ASCII.slash)
        combined.append(date, 12..<16)
        combined.append(byte: ASCII.colon)
        combined.append(date, 17..<25)
        combined.append(" +0000")
    }

    private mutating func writeISO(_ date: Span<UInt8>) {
        iso.removeAll()
        iso.append(date, 12..<16)
        iso.append(byte: 0x2D)
        let month = Self.month(date)
        iso.append(byte: 0x30 + UInt8(month / 10))
        iso.append(byte: 0x30 + UInt8(month % 10))
        iso.append(byte: 0x2D)
        iso.append(date, 5..<7)
        iso.append(byte: 0x54)
        iso.append(date, 17..<25)
    }

    private static func month(_ date: Span<UInt8>) -> Int {
        let names: StaticString = "JanFebMarAprMayJunJulAugSepOctNovDec"
        for month in 0..<12 where (0..<3).allSatisfy({ unsafe names.utf8Start[month * 3 + $0] == date[8 + $0] }) {
            return month + 1
        }
        return 0
    }
}
