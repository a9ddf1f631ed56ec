/// Why a header block cannot be decoded. Each is a connection error of type COMPRESSION_ERROR (RFC 9113 §4.3), because
/// the dynamic tables of the two ends may differ afterwards.
package enum HPACKFailure: UInt8, Error, Sendable, CaseIterable {
    /// The block ends within a field (RFC 7541 §5).
    case truncated
    /// An integer above what this implementation takes (RFC 7541 §5.1).
    case integerTooLarge
    /// Index 0, or one that neither table has (RFC 7541 §2.3.3, §6.1).
    case badIndex
    /// EOS, or padding that is too long or no prefix of EOS (RFC 7541 §5.2).
    case badHuffman
    /// A size update that does not stand at the beginning of the block (RFC 7541 §4.2).
    case lateSizeUpdate
    /// A size above what was announced (RFC 7541 §6.3).
    case sizeUpdateTooLarge
    /// No size update where a smaller table had been announced and acknowledged (RFC 9113 §4.3.1).
    case missingSizeUpdate
}
