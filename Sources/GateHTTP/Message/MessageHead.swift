// A request's or a response's head, whatever version brought it: received bytes, a record for each field, and
// the edits made since. Nothing is text and nothing is copied until somebody writes the head again.

public import GateCore

/// A head that is parsed once, edited by filters, written once, and then emptied for the next message.
///
/// Reading sees the edits: removed fields are gone, set ones are there. Not thread safe.
public struct MessageHead: ~Copyable {
    /// What was received, from the first byte of the start line to the end of the empty line.
    public var received: ByteBuffer
    /// The fields that were added, as whole lines, so that they can be copied in one go.
    @usableFromInline var own: ByteBuffer
    @usableFromInline var records: RecordBuffer<FieldRecord>
    /// A bit for each known field that has a record, removed or not.
    @usableFromInline var seen: UInt64

    public var version: HTTPVersion
    /// Requests only.
    public var method: Method
    public var methodRange: Range<Int>
    public var targetRange: Range<Int>
    /// Responses only: 100...599.
    public var status: Int
    public var reasonRange: Range<Int>

    public init() {
        received = ByteBuffer(capacity: 1024)
        own = ByteBuffer(capacity: 512, keepsOutgrown: true)
        records = RecordBuffer(capacity: 32)
        seen = 0
        version = .http11
        method = .get
        methodRange = 0..<0
        targetRange = 0..<0
        status = 0
        reasonRange = 0..<0
    }

    /// Whether nothing was received or added since `reset`.
    @inlinable public var isUntouched: Bool { received.isEmpty && records.count == 0 }

    /// Empties the head and keeps its room.
    @inlinable
    public mutating func reset() {
        received.removeAll()
        own.removeAll()
        records.removeAll()
        seen = 0
        status = 0
        method = .get
        methodRange = 0..<0
        targetRange = 0..<0
        reasonRange = 0..<0
    }

    /// Bytes of room that the head holds on to between messages.
    public var heldBytes: Int { received.capacity + own.capacity }

    // MARK: Reading

    /// The method's bytes.
    @inlinable public var methodBytes: Span<UInt8> {
        @_lifetime(borrow self) borrowing get { received.span.extracting(methodRange) }
    }

    /// The target as it was received.
    @inlinable public var target: Span<UInt8> {
        @_lifetime(borrow self) borrowing get { received.span.extracting(targetRange) }
    }

    /// The reason phrase as it was received.
    @inlinable public var reason: Span<UInt8> {
        @_lifetime(borrow self) borrowing get { received.span.extracting(reasonRange) }
    }

    /// Field records, the removed ones among them; the index of a record is stable until `reset`.
    @inlinable public var fieldCount: Int { records.count }

    @inlinable public func field(_ index: Int) -> FieldRecord { records[index] }

    @_lifetime(borrow self)
    @inlinable public borrowing func name(_ index: Int) -> Span<UInt8> {
        let record = records[index]
        return record.flags.contains(.added)
            ? own.span.extracting(record.nameRange) : received.span.extracting(record.nameRange)
    }

    @_lifetime(borrow self)
    @inlinable public borrowing func value(_ index: Int) -> Span<UInt8> {
        let record = records[index]
        return record.flags.contains(.added)
            ? own.span.extracting(record.valueRange) : received.span.extracting(record.valueRange)
    }

    /// The value at `index` for owners that are classes; see `ByteBuffer.unsafeElements`.
    @inlinable
    @unsafe public borrowing func unsafeValue(_ index: Int) -> UnsafeBufferPointer<UInt8> {
        let record = records[index]
        let all = unsafe record.flags.contains(.added) ? own.unsafeElements() : received.unsafeElements()
        return unsafe UnsafeBufferPointer(rebasing: all[record.valueRange])
    }

    /// The name at `index` for owners that are classes.
    @inlinable
    @unsafe public borrowing func unsafeName(_ index: Int) -> UnsafeBufferPointer<UInt8> {
        let record = records[index]
        let all = unsafe record.flags.contains(.added) ? own.unsafeElements() : received.unsafeElements()
        return unsafe UnsafeBufferPointer(rebasing: all[record.nameRange])
    }

    /// A part of what was received, for owners that are classes.
    @inlinable
    @unsafe public borrowing func unsafeReceived(_ range: Range<Int>) -> UnsafeBufferPointer<UInt8> {
        unsafe UnsafeBufferPointer(rebasing: received.unsafeElements()[range])
    }

    /// The lines of added fields, which records with `.added` and `.canonical` point into.
    @inlinable public var ownLines: Span<UInt8> {
        @_lifetime(borrow self) borrowing get { own.span }
    }

    /// Whether a record of this field may be there. False is certain, true is a hint.
    @inlinable public func mayHave(_ field: KnownField) -> Bool { seen & field.bit != 0 }

    /// Whether a record of one of these fields, as their bits, may be there.
    @inlinable public func mayHaveAny(_ bits: UInt64) -> Bool { seen & bits != 0 }

    /// The index of the first field with this name that is not removed, from `start` on.
    @inlinable
    public func first(_ field: KnownField, from start: Int = 0) -> Int? {
        guard seen & field.bit != 0 else { return nil }
        var i = start
        while i < records.count {
            let record = records[i]
            if record.known == field.rawValue && !record.isRemoved { return i }
            i &+= 1
        }
        return nil
    }

    /// The index of the first field whose name is `name` in any case, from `start` on.
    public func first(named name: Span<UInt8>, from start: Int = 0) -> Int? {
        if let known = KnownField(name) { return first(known, from: start) }
        for i in start..<max(start, records.count) {
            let record = records[i]
            if record.known == 0 && !record.isRemoved && ASCII.equalsIgnoringCase(self.name(i), name) { return i }
        }
        return nil
    }

    @inlinable public func has(_ field: KnownField) -> Bool { first(field) != nil }

    /// The value of the only or first field with this name, as text. Not for hot paths.
    public func text(_ field: KnownField) -> String? { first(field).map { value($0).text } }

    /// The value of the first field with this name in any case, as text. Not for hot paths.
    public func text(named name: String) -> String? {
        let bytes = Array(name.utf8)
        return first(named: bytes.span).map { value($0).text }
    }

    // MARK: Filling (parsers)

    /// Adds a field that stands in `received`.
    @inlinable
    public mutating func appendReceived(_ record: FieldRecord) {
        records.append(record)
        seen |= 1 &<< UInt64(record.known)
    }

    /// Gives a received field another place in `received`. It keeps its index and its name's number.
    @inlinable
    public mutating func moveReceived(_ index: Int, name: Range<Int>, value: Range<Int>, flags: FieldRecord.Flags) {
        let known = KnownField(rawValue: records[index].known)
        records[index] = FieldRecord(name: name, known: known, value: value, flags: flags)
    }

    // MARK: Edits

    @inlinable
    public mutating func removeField(at index: Int) { records[index].flags.insert(.removed) }

    /// Takes a removal back.
    @inlinable
    public mutating func restoreField(at index: Int) { records[index].flags.remove(.removed) }

    /// Removes every field with this name.
    @inlinable
    public mutating func remove(_ field: KnownField) {
        guard seen & field.bit != 0 else { return }
        for i in 0..<records.count where records[i].known == field.rawValue { removeField(at: i) }
    }

    /// Removes every field with this name in any case.
    public mutating func remove(named name: Span<UInt8>) {
        if let known = KnownField(name) { return remove(known) }
        for i in 0..<records.count where records[i].known == 0 && ASCII.equalsIgnoringCase(self.name(i), name) {
            removeField(at: i)
        }
    }

    /// Adds a field beside those that are there. The value must hold no control characters but tab.
    @inlinable
    public mutating func add(_ field: KnownField, _ value: Span<UInt8>) {
        beginField(field)
        own.append(value)
        endField()
    }

    @inlinable
    public mutating func add(_ field: KnownField, _ value: StaticString) {
        beginField(field)
        own.append(value)
        endField()
    }

    /// Adds a field of any name. Name and value must be valid by RFC 9110 §5; `isValidField` tells.
    public mutating func add(named name: Span<UInt8>, _ value: Span<UInt8>) {
        precondition(Self.isValidField(name: name, value: value))
        let start = own.count
        own.append(name)
        let end = own.count
        own.append(": ")
        appendOwn(name: start..<end, known: KnownField(name))
        own.append(value)
        endField()
    }

    /// Replaces every field with this name by one.
    @inlinable
    public mutating func set(_ field: KnownField, _ value: Span<UInt8>) {
        remove(field)
        add(field, value)
    }

    @inlinable
    public mutating func set(_ field: KnownField, _ value: StaticString) {
        remove(field)
        add(field, value)
    }

    /// Replaces every field with this name, in any case, by one.
    public mutating func set(named name: Span<UInt8>, _ value: Span<UInt8>) {
        remove(named: name)
        add(named: name, value)
    }

    /// Gives the field record at `index` another value. It keeps its place among fields of its name (RFC 9110 §5.3).
    public mutating func replaceValue(at index: Int, with value: Span<UInt8>) {
        let known = records[index].known
        let start = own.count
        appendOwnName(of: index)
        let nameEnd = own.count
        own.append(": ")
        let valueStart = own.count
        own.append(value)
        records[index] = FieldRecord(
            name: start..<nameEnd, known: KnownField(rawValue: known), value: valueStart..<own.count,
            flags: records[index].flags.intersection(.neverIndexed).union([.added, .canonical]))
        own.append("\r\n")
    }

    private mutating func appendOwnName(of index: Int) {
        let record = records[index]
        if record.flags.contains(.added) {
            own.appendCopy(of: record.nameRange)
        } else {
            Self.appendPart(received, record.nameRange, to: &own)
        }
    }

    private static func appendPart(_ from: borrowing ByteBuffer, _ range: Range<Int>, to buffer: inout ByteBuffer) {
        buffer.append(from.span, range)
    }

    /// Text faces of `set` and `add`, for filters off the hot path. An invalid name or value is a programming error.
    public mutating func set(_ name: String, _ value: String) {
        let (name, value) = (Array(name.utf8), Array(value.utf8))
        set(named: name.span, value.span)
    }

    public mutating func add(_ name: String, _ value: String) {
        let (name, value) = (Array(name.utf8), Array(value.utf8))
        add(named: name.span, value.span)
    }

    /// Whether a name and a value may be put into a head (RFC 9110 §5.1, §5.5).
    public static func isValidField(name: Span<UInt8>, value: Span<UInt8>) -> Bool {
        guard name.count > 0 && name.count <= Int(UInt16.max) else { return false }
        for i in 0..<name.count where !ASCII.isToken(name[i]) { return false }
        return value.isEmpty || ASCII.endOfFieldValue(value, from: 0) == value.count
    }

    /// Writes a value in pieces: `beginField`, any number of `withOwn`, `endField`.
    @inlinable @inline(__always)
    public mutating func beginField(_ field: KnownField) {
        let start = own.count
        let name = field.name
        let count = name.utf8CodeUnitCount
        own.reserve(count &+ 64)
        own.append(name)
        own.append(": ")
        appendOwn(name: start..<(start &+ count), known: field)
    }

    /// The store that a field begun with `beginField` is written to.
    @inlinable
    public mutating func withOwn(_ body: (inout ByteBuffer) -> Void) { body(&own) }

    @inlinable
    public mutating func endField() {
        let last = records.count &- 1
        records[last].valueCount = UInt32(truncatingIfNeeded: own.count &- Int(records[last].valueOffset))
        own.append("\r\n")
    }

    @inlinable
    mutating func appendOwn(name: Range<Int>, known: KnownField?) {
        let value = own.count..<own.count
        records.append(FieldRecord(name: name, known: known, value: value, flags: [.added, .canonical]))
        if let known { seen |= known.bit }
    }
}
