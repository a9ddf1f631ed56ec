// The face of the server's side.

import GateCore
import GateEngine
import GateHTTP

/// Takes a request and gives a response, whatever version carries them. All calls come from the worker's thread.
protocol ServerStream: AnyObject {
    /// Takes all of the bytes. `.full` asks for a pause until `Exchange.serverDrained`.
    func sendBody(_ bytes: Span<UInt8>) -> Flow
    /// The request is whole; the exchange's request trailers go with it.
    func sendEnd(_ exchange: Exchange)
    /// What was sent must leave now: the client has nothing more at the moment.
    func flush()
    /// Nobody wants the response any more.
    func cancel()
    /// The exchange takes response bytes again.
    func resumeResponse()
    var spliceTarget: Socket? { get }
    func spliced(_ count: Int)
    /// `spliceTarget` is broken.
    func writeFailed()
    func awaitWritable()
    /// The client's side of the tunnel said this.
    func sendTunnel(_ bytes: Span<UInt8>) -> Flow
    /// Whether bytes wait for the server.
    var hasUnsent: Bool { get }
    /// The client's side of the tunnel will say no more.
    func endTunnel()
}
