import CGateLinux
import GateCore
import GateEngine

/// Starts connections without waiting for them.
enum SocketConnector {
    /// 0 when it is there, -EINPROGRESS while it is on its way, another negated errno when it failed.
    static func connect(to address: SocketAddress, _ descriptor: inout Int32) -> Int {
        var storage = address.kernelForm
        return gate_connect(&storage, &descriptor)
    }
}
