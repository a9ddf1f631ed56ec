// A growable run of bytes with one owner: bytes are appended at the end and consumed at the front.
// It is the main place in the project that says `unsafe`; everything above it sees spans.

/// Bytes with one owner. Not thread safe; give it back to the `BufferPool` it came from, or let it free itself.
public struct ByteBuffer: ~Copyable {
    @usableFromInline var base: UnsafeMutablePointer<UInt8>?
    @usableFromInline var room: Int
    @usableFromInline var start: Int
    @usableFromInline var end: Int
    /// Storage that was outgrown and may still be looked at, the newest first; each has its successor in front of it.
    @usableFromInline var outgrown: UnsafeMutablePointer<UInt8>?
    @usableFromInline var keepsOutgrown: Bool

    /// A buffer that owns nothing yet.
    @inlinable
    public init() {
        base = nil
        room = 0
        start = 0
        end = 0
        outgrown = nil
        keepsOutgrown = false
    }

    /// A buffer with room for `capacity` bytes; 0 allocates nothing.
    ///
    /// `keepsOutgrown`: storage that is outgrown lives until `removeAll`, so that bytes borrowed from it stay readable.
    public init(capacity: Int, keepsOutgrown: Bool = false) {
        precondition(capacity >= 0)
        outgrown = nil
        self.keepsOutgrown = keepsOutgrown
        room = capacity
        base = capacity > 0 ? Self.allocate(capacity) : nil
        start = 0
        end = 0
    }

    @inlinable
    deinit {
        if let base { Self.free(base, outgrown) }
    }

    /// In front of each storage is room for a link, so that outgrown ones need no list of their own.
    private static let linkBytes = 16

    private static func allocate(_ count: Int) -> UnsafeMutablePointer<UInt8> {
        let raw = UnsafeMutableRawPointer.allocate(byteCount: count + linkBytes, alignment: linkBytes)
        return unsafe (raw + linkBytes).bindMemory(to: UInt8.self, capacity: count)
    }

    @usableFromInline
    static func free(_ base: UnsafeMutablePointer<UInt8>, _ outgrown: UnsafeMutablePointer<UInt8>?) {
        free(base)
        var next = outgrown
        while let storage = next {
            next = unsafe link(storage).pointee
            free(storage)
        }
    }

    private static func free(_ storage: UnsafeMutablePointer<UInt8>) {
        unsafe (UnsafeMutableRawPointer(storage) - linkBytes).deallocate()
    }

    private static func link(
        _ storage: UnsafeMutablePointer<UInt8>
    ) -> UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?> {
        // Safe: every storage was allocated with `linkBytes` in front, aligned to as much.
        unsafe (UnsafeMutableRawPointer(storage) - linkBytes)
            .assumingMemoryBound(to: UnsafeMutablePointer<UInt8>?.self)
    }

    /// Bytes of storage. 0 for a buffer that owns none.
    @inlinable public var capacity: Int { room }
    /// Bytes that wait to be consumed.
    @inlinable public var count: Int { end &- start }
    @inlinable public var isEmpty: Bool { end == start }
    /// Bytes that can be appended without growing or moving.
    @inlinable public var freeCount: Int { capacity &- end }

    /// The bytes that wait. The span may not outlive the next change of the buffer; the compiler checks.
    @inlinable public var span: Span<UInt8> {
        @_lifetime(borrow self)
        borrowing get {
            // Safe: start <= end <= capacity always holds, and the span borrows self.
            let bytes = unsafe UnsafeBufferPointer(start: base.map { UnsafePointer($0 + start) }, count: count)
            return unsafe _overrideLifetime(Span(_unsafeElements: bytes), borrowing: self)
        }
    }

    /// Calls `body` with the free room; it answers how many bytes it wrote.
    @inlinable
    public mutating func withFreeRoom(_ body: (UnsafeMutableRawBufferPointer) -> Int) -> Int {
        let room = unsafe UnsafeMutableRawBufferPointer(start: base.map { $0 + end }, count: freeCount)
        let written = unsafe body(room)
        // Errors of `body` are negative; they change nothing.
        precondition(written <= freeCount)
        if written > 0 { end &+= written }
        return written
    }

    /// Takes `count` bytes from the front.
    @inlinable
    public mutating func consume(_ count: Int) {
        precondition(count >= 0 && count <= self.count)
        start &+= count
        if start == end {
            start = 0
            end = 0
        }
    }

    /// Takes `count` bytes from the end.
    @inlinable
    public mutating func dropLast(_ count: Int) {
        precondition(count >= 0 && count <= self.count)
        end &-= count
    }

    @inlinable
    public mutating func removeAll() {
        start = 0
        end = 0
        if outgrown != nil { freeOutgrown() }
    }

    @usableFromInline
    mutating func freeOutgrown() {
        while let storage = outgrown {
            outgrown = unsafe Self.link(storage).pointee
            Self.free(storage)
        }
    }

    /// The bytes that wait, for owners that are classes: the compiler cannot tie a span to a stored property of one.
    /// The caller answers for nobody consuming, emptying or (without `keepsOutgrown`) growing the buffer meanwhile.
    @inlinable
    @unsafe public borrowing func unsafeElements() -> UnsafeBufferPointer<UInt8> {
        unsafe UnsafeBufferPointer(start: base.map { UnsafePointer($0 + start) }, count: count)
    }

    /// Makes sure that `count` more bytes fit, moving or growing (to the next power of two) when they do not.
    @inlinable
    public mutating func reserve(_ count: Int) {
        if freeCount < count { makeRoom(count) }
    }

    @usableFromInline
    mutating func makeRoom(_ count: Int) {
        let held = self.count
        if start > 0 && capacity - held >= count && !keepsOutgrown, let base {
            base.update(from: base + start, count: held)
        } else {
            var wanted = max(capacity, 256)
            while wanted - held < count { wanted *= 2 }
            let bytes = Self.allocate(wanted)
            if let base {
                bytes.update(from: base + start, count: held)
                if keepsOutgrown { keep(base) } else { Self.free(base) }
            }
            base = bytes
            room = wanted
        }
        start = 0
        end = held
    }

    private mutating func keep(_ storage: UnsafeMutablePointer<UInt8>) {
        unsafe Self.link(storage).initialize(to: outgrown)
        outgrown = storage
    }

    /// Appends a copy of `bytes`, growing when needed.
    @inlinable
    public mutating func append(_ bytes: Span<UInt8>) {
        let count = bytes.count
        guard count > 0 else { return }
        reserve(count)
        // Safe: reserve made room for `count` bytes at `end`.
        bytes.withUnsafeBufferPointer { from in
            unsafe (base! + end).update(from: from.baseAddress!, count: count)
        }
        end &+= count
    }

    /// Appends the part `range` of `bytes`.
    @inlinable
    public mutating func append(_ bytes: Span<UInt8>, _ range: Range<Int>) {
        append(bytes.extracting(range))
    }

    @inlinable @inline(__always)
    public mutating func append(_ text: StaticString) {
        let count = text.utf8CodeUnitCount
        guard count > 0 else { return }
        reserve(count)
        unsafe (base! + end).update(from: text.utf8Start, count: count)
        end &+= count
    }

    @inlinable
    public mutating func append(byte: UInt8) {
        reserve(1)
        unsafe base![end] = byte
        end &+= 1
    }

    /// Appends text. Not for hot paths.
    public mutating func append(text: String) {
        var text = text
        text.withUTF8 { bytes in append(bytes.span) }
    }

    /// Appends a number in decimal.
    @inlinable
    public mutating func append(decimal value: Int) {
        if value >= 0 && value < 1000 {
            appendSmall(UInt32(truncatingIfNeeded: value))
        } else if value < 0 {
            append(byte: 0x2D)
            appendDecimal(value.magnitude)
        } else {
            appendDecimal(UInt(value))
        }
    }

    @usableFromInline
    mutating func appendSmall(_ value: UInt32) {
        reserve(3)
        // Safe: three bytes were reserved.
        if value >= 100 {
            unsafe base![end] = 0x30 &+ UInt8(truncatingIfNeeded: value / 100)
            unsafe base![end &+ 1] = 0x30 &+ UInt8(truncatingIfNeeded: value / 10 % 10)
            unsafe base![end &+ 2] = 0x30 &+ UInt8(truncatingIfNeeded: value % 10)
            end &+= 3
        } else if value >= 10 {
            unsafe base![end] = 0x30 &+ UInt8(truncatingIfNeeded: value / 10)
            unsafe base![end &+ 1] = 0x30 &+ UInt8(truncatingIfNeeded: value % 10)
            end &+= 2
        } else {
            unsafe base![end] = 0x30 &+ UInt8(truncatingIfNeeded: value)
            end &+= 1
        }
    }

    /// Appends a number in lower-case hexadecimal without leading zeros.
    @inlinable
    public mutating func append(hex value: Int) {
        precondition(value >= 0)
        appendHexadecimal(UInt(value))
    }

    /// Appends all 16 hexadecimal digits of a number, in lower case.
    public mutating func appendHexDigits(_ value: UInt64) {
        appendEightHexDigits(UInt32(truncatingIfNeeded: value >> 32))
        appendEightHexDigits(UInt32(truncatingIfNeeded: value))
    }

    /// Eight digits at once: nibbles spread to bytes, the first digit in the lowest byte.
    private mutating func appendEightHexDigits(_ value: UInt32) {
        var x = UInt64(value.byteSwapped)
        x = (x | x << 16) & 0x0000_FFFF_0000_FFFF
        x = (x | x << 8) & 0x00FF_00FF_00FF_00FF
        x = (x >> 4 | x << 8) & 0x0F0F_0F0F_0F0F_0F0F
        // 6 more than 9 reaches the next nibble: 1 for a letter.
        let letters = (x &+ 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101
        x = x &+ 0x3030_3030_3030_3030 &+ letters &* 0x27
        reserve(8)
        // Safe: eight bytes were reserved.
        unsafe UnsafeMutableRawPointer(base! + end).storeBytes(of: x.littleEndian, as: UInt64.self)
        end += 8
    }

    @usableFromInline
    mutating func appendDecimal(_ value: UInt) {
        var digits = 1
        var rest = value / 10
        while rest > 0 {
            digits += 1
            rest /= 10
        }
        reserve(digits)
        rest = value
        var at = end + digits
        repeat {
            at -= 1
            // Safe: at >= end, and `digits` bytes were reserved.
            unsafe base![at] = UInt8(truncatingIfNeeded: rest % 10) + 0x30
            rest /= 10
        } while rest > 0
        end += digits
    }

    @usableFromInline
    mutating func appendHexadecimal(_ value: UInt) {
        let digits = max(1, (UInt.bitWidth - value.leadingZeroBitCount + 3) / 4)
        reserve(digits)
        var rest = value
        var at = end + digits
        while at > end {
            at -= 1
            let digit = UInt8(truncatingIfNeeded: rest & 15)
            // Safe: at >= end, and `digits` bytes were reserved.
            unsafe base![at] = digit < 10 ? digit + 0x30 : digit + 0x57
            rest >>= 4
        }
        end += digits
    }

    /// Overwrites the byte at `offset` from the front.
    @inlinable
    public mutating func replace(at offset: Int, with byte: UInt8) {
        precondition(offset >= 0 && offset < count)
        unsafe base![start &+ offset] = byte
    }

    /// Bytes that are always there, and never wait for anything: the storage itself, for system calls.
    @inlinable
    public borrowing func withBytes<R>(_ body: (UnsafeRawBufferPointer) -> R) -> R {
        body(unsafe UnsafeRawBufferPointer(start: base.map { $0 + start }, count: count))
    }
}

extension Span where Element == UInt8 {
    /// The bytes as text, malformed UTF-8 replaced. For logs and errors, not for hot paths.
    public var text: String { String(decoding: (0..<count).map { self[$0] }, as: UTF8.self) }
}
