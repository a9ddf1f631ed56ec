// Programs that end-to-end tests need beside the proxy.

/// A program of the system that a test plays against.
public enum Peer: String, CaseIterable, Sendable {
    case nginx, curl, python3, chromium, websockets, openssl, testssl, pebble, named, nghttp, h2load
    case pythonH2, nghttpd, grpcio, hypercorn

    /// The Debian package that has it.
    public var package: String {
        switch self {
        case .websockets: "python3-websockets"
        case .testssl: "testssl.sh"
        case .named: "bind9"
        case .nghttp, .h2load: "nghttp2-client"
        case .pythonH2: "python3-h2"
        case .nghttpd: "nghttp2-server"
        case .grpcio: "python3-grpcio"
        case .hypercorn: "python3-hypercorn"
        default: rawValue
        }
    }

    /// True if the program is there.
    public var isThere: Bool {
        switch self {
        case .nginx, .curl, .chromium, .openssl, .named, .nghttp, .h2load, .nghttpd: findProgram(rawValue) != nil
        case .pebble: findProgram(rawValue) != nil && findProgram("pebble-challtestsrv") != nil
        case .python3: findProgram(Peer.python) != nil
        case .testssl: findProgram(rawValue) != nil && findProgram("hexdump") != nil
        case .websockets: Peer.hasWebsockets
        case .pythonH2: Peer.hasH2
        case .grpcio: Peer.hasGRPC
        case .hypercorn: Peer.hasHypercorn
        }
    }

    /// Whether a test that needs it is to run: where it is missing, a developer's run skips the test and CI fails.
    public var mayRun: Bool { isThere || environmentValue("CI") == "true" }

    /// Debian's Python, the one that Debian's `python3-websockets` belongs to.
    public static let python = "/usr/bin/python3"

    private static let hasWebsockets = canImport("websockets")
    private static let hasH2 = canImport("h2, wsproto")
    private static let hasGRPC = canImport("grpc")
    private static let hasHypercorn = canImport("hypercorn")

    private static func canImport(_ modules: String) -> Bool {
        guard findProgram(python) != nil else { return false }
        return (try? runProgram(python, ["-c", "import \(modules)"]).status) == 0
    }
}
