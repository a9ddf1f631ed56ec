// The small bodies of answers that are ours. They name the status and the request, never the software.

public import GateCore

/// Picks the form of an error body by Accept (RFC 9110 §12.5.1) and writes it.
public enum ErrorBody {
    public enum Format: UInt8, Sendable {
        case html, json, text

        /// For Content-Type.
        public var mediaType: StaticString {
            switch self {
            case .html: "text/html; charset=utf-8"
            case .json: "application/json"
            case .text: "text/plain; charset=utf-8"
            }
        }
    }

    /// The form for the request in `head`.
    public static func format(for head: borrowing MessageHead) -> Format {
        guard let accept = head.first(.accept) else { return .text }
        return format(accept: head.value(accept))
    }

    /// The form for an Accept value: the range with the highest weight decides, among equals the more specific and
    /// then the earlier.
    ///
    /// Browsers name `text/html` and get HTML, programs name JSON and get it; `*/*`, which command-line tools send,
    /// `text/*`, nothing at all and what cannot be read get plain text.
    public static func format(accept: Span<UInt8>) -> Format {
        var best = Format.text
        var bestRank = 0
        var list = FieldList()
        while let element = list.next(in: accept) {
            guard let range = MediaRange(accept.extracting(element)), range.rank > bestRank else { continue }
            best = range.format
            bestRank = range.rank
        }
        return best
    }

    /// Appends a body for `status`. `requestID` may be any bytes: they are escaped.
    public static func append(
        _ format: Format, status: Int, requestID: Span<UInt8>, to buffer: inout ByteBuffer
    ) {
        switch format {
        case .html: appendHTML(status, requestID, &buffer)
        case .json: appendJSON(status, requestID, &buffer)
        case .text: appendText(status, requestID, &buffer)
        }
    }

    private static func appendTitle(_ status: Int, _ buffer: inout ByteBuffer) {
        buffer.append(decimal: status)
        let reason = StatusText.reason(status)
        guard reason.utf8CodeUnitCount > 0 else { return }
        buffer.append(byte: ASCII.space)
        buffer.append(reason)
    }

    private static func appendHTML(_ status: Int, _ requestID: Span<UInt8>, _ buffer: inout ByteBuffer) {
        buffer.append("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>")
        appendTitle(status, &buffer)
        buffer.append("</title></head>\n<body><h1>")
        appendTitle(status, &buffer)
        buffer.append("</h1>\n")
        if requestID.count > 0 {
            buffer.append("<p>Request <code>")
            appendEscaped(requestID, .html, &buffer)
            buffer.append("</code></p>\n")
        }
        buffer.append("</body></html>\n")
    }

    private static func appendJSON(_ status: Int, _ requestID: Span<UInt8>, _ buffer: inout ByteBuffer) {
        buffer.append("{\"status\":")
        buffer.append(decimal: status)
        buffer.append(",\"reason\":\"")
        // Reason phrases hold letters, spaces and hyphens only.
        buffer.append(StatusText.reason(status))
        if requestID.count > 0 {
            buffer.append("\",\"request_id\":\"")
            appendEscaped(requestID, .json, &buffer)
        }
        buffer.append("\"}\n")
    }

    private static func appendText(_ status: Int, _ requestID: Span<UInt8>, _ buffer: inout ByteBuffer) {
        appendTitle(status, &buffer)
        buffer.append("\n")
        guard requestID.count > 0 else { return }
        buffer.append("Request ")
        appendEscaped(requestID, .text, &buffer)
        buffer.append("\n")
    }

    /// Visible ASCII goes as it is but for what the format reads as its own; every other byte becomes `?`.
    private static func appendEscaped(_ bytes: Span<UInt8>, _ format: Format, _ buffer: inout ByteBuffer) {
        for i in 0..<bytes.count {
            switch (bytes[i], format) {
            case (UInt8(ascii: "<"), .html): buffer.append("&lt;")
            case (UInt8(ascii: ">"), .html): buffer.append("&gt;")
            case (UInt8(ascii: "&"), .html): buffer.append("&amp;")
            case (UInt8(ascii: "\""), .html): buffer.append("&quot;")
            case (UInt8(ascii: "'"), .html): buffer.append("&#39;")
            case (UInt8(ascii: "\""), .json): buffer.append("\\\"")
            case (UInt8(ascii: "\\"), .json): buffer.append("\\\\")
            case (0x20...0x7E, _): buffer.append(byte: bytes[i])
            default: buffer.append(byte: UInt8(ascii: "?"))
            }
        }
    }
}
