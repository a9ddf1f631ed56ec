extension ByteBuffer {
    /// Appends a copy of bytes that the buffer itself holds; `range` counts from its front.
    public mutating func appendCopy(of range: Range<Int>) {
        precondition(range.lowerBound >= 0)
        precondition(range.upperBound <= count)
        guard !range.isEmpty else { return }
        reserve(range.count)
        // Safe: the range lies within start ..< end, and reserve made room for as many bytes at `end`.
        unsafe (base! + end).update(from: base! + start + range.lowerBound, count: range.count)
        end += range.count
    }
}
