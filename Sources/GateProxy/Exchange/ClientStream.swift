// The face of the client's side: HTTP/1 connections today, streams of other versions later, sub-requests too.

import GateCore
import GateEngine
import GateHTTP

/// Takes a response, whatever version carries it. All calls come from the worker's thread.
protocol ClientStream: AnyObject {
    /// The exchange's response holds an informational head: pass it on where the version allows.
    func sendInformational(_ exchange: Exchange)
    /// The exchange's response holds the final head; `framing` says what body follows.
    func sendHead(_ exchange: Exchange, framing: BodyFraming)
    /// Takes all of the bytes. `.full` asks for a pause until `Exchange.clientDrained`.
    func sendBody(_ bytes: Span<UInt8>) -> Flow
    /// The response is whole; the exchange's trailers go with it.
    func sendEnd(_ exchange: Exchange)
    /// What was sent must leave now: the server has nothing more at the moment.
    func flush()
    /// The response cannot be finished: the client must notice.
    func abort()
    /// The exchange takes request body again, or for the first time.
    func resumeRequestBody()
    /// The client reads and the framing allows bytes to be moved to this socket by the kernel.
    var spliceTarget: Socket? { get }
    /// As many bytes of body went to `spliceTarget`.
    func spliced(_ count: Int)
    /// `spliceTarget` takes nothing now: report `Exchange.clientDrained` when it does.
    func awaitWritable()
    /// The response's head was 101: both directions carry the new protocol's bytes.
    func beginTunnel(_ exchange: Exchange)
    /// The server's side of the tunnel said this.
    func sendTunnel(_ bytes: Span<UInt8>) -> Flow
    /// The server's side of the tunnel will say no more.
    func endTunnel()
    /// Both sides may have said all: end the exchange if so.
    func tunnelMaybeOver()
}

/// A client's side that is no connection: it takes no interim responses, no tunnels and no bytes from the kernel.
protocol InternalClientStream: ClientStream {}

extension InternalClientStream {
    func sendInformational(_ exchange: Exchange) {}
    var spliceTarget: Socket? { nil }
    func spliced(_ count: Int) {}
    func awaitWritable() {}
    func beginTunnel(_ exchange: Exchange) { abort() }
    func sendTunnel(_ bytes: Span<UInt8>) -> Flow { .open }
    func endTunnel() {}
    func tunnelMaybeOver() {}
}
