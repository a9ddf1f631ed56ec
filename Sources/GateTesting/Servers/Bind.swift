// A real name server with a zone that takes updates.

/// A running `named` with the zone `example.com`, whose names all lead to `127.0.0.1`.
public final class Bind: Sendable {
    /// The zone.
    public static let zone = "example.com"
    /// Whose signature lets TXT records be changed.
    public static let keyName = "gatehouse"
    /// The key's secret, in base64.
    public let secret: String

    /// Where it listens on `127.0.0.1`, over UDP and TCP.
    public let port: UInt16
    private let folder: TemporaryDirectory
    private let process: ChildProcess

    /// Starts it and returns when it listens.
    /// - Parameter algorithm: the key's, such as `hmac-sha256`.
    public init(algorithm: String = "hmac-sha256") throws {
        folder = try TemporaryDirectory()
        port = try takeFreePort()
        secret = "Z2F0ZWhvdXNlIGRucy0wMSB0ZXN0IHNlY3JldCAhISE="
        try folder.write(
            "zone",
            """
            $TTL 60
            @ IN SOA ns.\(Self.zone). admin.\(Self.zone). 1 3600 600 86400 60
            @ IN NS ns
            @ IN A 127.0.0.1
            * IN A 127.0.0.1

            """)
        let file = try folder.write(
            "named.conf",
            """
            options {
                directory "\(folder.path)"; pid-file "\(folder.file("pid"))"; session-keyfile "\(folder.file("session"))";
                listen-on port \(port) { 127.0.0.1; }; listen-on-v6 { none; };
                recursion no; dnssec-validation no; allow-transfer { none; };
            };
            controls {};
            key "\(Self.keyName)" { algorithm \(algorithm); secret "\(secret)"; };
            zone "\(Self.zone)" {
                type primary; file "\(folder.file("zone"))";
                update-policy { grant \(Self.keyName) zonesub TXT; };
            };

            """)
        process = try ChildProcess("named", ["-g", "-n", "1", "-c", file])
        try waitForListener(port)
        try process.waitForText("running")
    }

    deinit { stop() }

    /// Ends it.
    public func stop() { process.stop() }

    /// What it has said so far.
    public var output: String { process.output + process.errors }
}
