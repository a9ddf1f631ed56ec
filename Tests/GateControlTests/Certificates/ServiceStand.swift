import GateCertificates
import GateConfig
import GateControl
import GateProxy
import GateTLS
import GateTesting
import Testing

/// A certificate service without workers: what they would have got, and what the log would have said.
final class ServiceStand: Sendable {
    let folder: CertificateFolder
    let service: CertificateService
    private let names = Monitor<[String: ServerNames]>([:])
    private let keys = Monitor<[String: TicketKeys]>([:])
    private let log = Log()

    private final class Log: Reporter {
        let lines = Monitor<[String]>([])
        func report(_ level: ReportLevel, _ message: String) { lines.update { $0.append("\(level): \(message)") } }
    }

    /// - Parameter clock: seconds since 1970; nil: the system's.
    init(_ folder: CertificateFolder, clock: Monitor<Int64>? = nil) {
        self.folder = folder
        let (names, keys) = (names, keys)
        let outlet = CertificateOutlet(
            setNames: { new in names.update { $0 = new } }, setTicketKeys: { new in keys.update { $0 = new } })
        let state = folder.directory.file("state")
        if let clock {
            service = CertificateService(outlet: outlet, stateFolder: state, reporter: log) { clock.current }
        } else {
            service = CertificateService(outlet: outlet, stateFolder: state, reporter: log)
        }
    }

    deinit { service.stop() }

    /// Takes a configuration into service.
    @discardableResult
    func adopt(listener: String = "auto", site: String = "off") throws -> CertificateOffer {
        let offer = service.prepare(try folder.configuration(listener: listener, site: site))
        service.adopt(offer)
        return offer
    }

    /// What a worker shows to clients that ask for a name.
    func identity(_ name: String) -> ServerIdentity? { table?.identity(for: name) }

    /// The table of the only listener.
    var table: ServerNames? { names.current.values.first }

    /// The DER of the certificate for a name.
    func leaf(_ name: String = "www.example.com") -> [UInt8]? { identity(name)?.credentials.first?.chain.first }

    /// The ticket keys of the only listener.
    var ticketKeys: TicketKeys? { keys.current.values.first }

    /// All lines of the log so far.
    var lines: [String] { log.lines.current }
}
