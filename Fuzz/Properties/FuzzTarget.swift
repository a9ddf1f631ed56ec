// What must hold for any bytes. The fuzzers look for bytes for which it does not; unit tests replay what they found.

/// The properties by name. Their names are also those of the folders in Corpus and FailCases.
public enum FuzzTarget: String, CaseIterable, Sendable {
    case requestHead = "RequestHead"
    case responseHead = "ResponseHead"
    case chunkedBody = "ChunkedBody"
    case proxyHeader = "ProxyHeader"
    case path = "Path"
    case fieldValue = "FieldValue"
    case pairs = "Pairs"
    case dnsMessage = "DNSMessage"
    case urlReference = "URLReference"
    case serverName = "ServerName"
    case acmeMessage = "ACMEMessage"
    case clientHello = "ClientHello"
    case ocspResponse = "OCSPResponse"
    case hpackBlocks = "HPACKBlocks"
    case hpackRoundTrip = "HPACKRoundTrip"
    case http2Heads = "HTTP2Heads"
    case http2Connection = "HTTP2Connection"
    case http2Frames = "HTTP2Frames"

    /// Stops the program when a property does not hold for `bytes`.
    public func check(_ bytes: Span<UInt8>) {
        switch self {
        case .requestHead: RequestHeadProperty.check(bytes)
        case .responseHead: ResponseHeadProperty.check(bytes)
        case .chunkedBody: ChunkedBodyProperty.check(bytes)
        case .proxyHeader: ProxyHeaderProperty.check(bytes)
        case .path: PathProperty.check(bytes)
        case .fieldValue: FieldValueProperty.check(bytes)
        case .pairs: PairsProperty.check(bytes)
        case .dnsMessage: DNSMessageProperty.check(bytes)
        case .urlReference: URLReferenceProperty.check(bytes)
        case .serverName: ServerNameProperty.check(bytes)
        case .acmeMessage: ACMEMessageProperty.check(bytes)
        case .clientHello: ClientHelloProperty.check(bytes)
        case .ocspResponse: OCSPResponseProperty.check(bytes)
        case .hpackBlocks: HPACKBlocksProperty.check(bytes)
        case .hpackRoundTrip: HPACKRoundTripProperty.check(bytes)
        case .http2Heads: HTTP2HeadsProperty.check(bytes)
        case .http2Connection: HTTP2ConnectionProperty.check(bytes)
        case .http2Frames: HTTP2FramesProperty.check(bytes)
        }
    }

    /// The fuzzer's face of `check`. Always 0: every input may go into the corpus.
    public func check(start: UnsafePointer<UInt8>?, count: Int) -> CInt {
        // Safe: libFuzzer lends `count` bytes for the time of the call.
        unsafe check(UnsafeBufferPointer(start: start, count: count).span)
        return 0
    }
}
