// Who may have a certificate that the configuration does not name: the operator's own service is asked. Everybody on the
// internet can ask for names here, so answers are kept, questions and orders are bounded, and nonsense is not asked about.

import FoundationEssentials
import GateCore
import Logging

/// The guard before certificates on demand.
actor OnDemandGate {
    /// What the service says about a name.
    enum Permission: Sendable {
        case allowed
        case denied
        /// It has trouble, or does not answer.
        case unknown
    }

    private struct Answer {
        var permission: Permission
        var until: Date
    }

    /// What the log says once in a while, however many clients cause it.
    private enum Complaint {
        case broken
        case busy
        case tooManyOrders
    }

    private let settings: OnDemandSettings
    private let time: TimeSource
    private let log: Logger
    private let ask: @Sendable (_ url: String) async throws -> Int
    private var answers: [String: Answer] = [:]
    private var asking: [String: Task<Permission, Never>] = [:]
    /// When the orders of the last while began.
    private var orders: [Date] = []
    private var complaints: [Complaint: Date] = [:]

    private static let answersMax = 10_000
    private static let askingMax = 16
    private static let allowedSeconds = 60.0
    private static let deniedSeconds = 300.0
    /// The service did not answer: neither yes nor no, so it is asked again soon.
    private static let brokenSeconds = 10.0
    private static let complaintSeconds = 60.0
    /// The span of `orders_max`.
    private static let orderSeconds = 600.0

    init(
        _ settings: OnDemandSettings, time: TimeSource, log: Logger,
        ask: @escaping @Sendable (_ url: String) async throws -> Int = PermissionService.status
    ) {
        self.settings = settings
        self.time = time
        self.log = log
        self.ask = ask
    }

    /// Whether a new order may begin for this name: it is allowed, and there were not too many lately.
    func mayOrder(_ name: String) async -> Bool {
        guard await permission(for: name) == .allowed else { return false }
        let begin = time.now().addingTimeInterval(-Self.orderSeconds)
        orders.removeAll { $0 < begin }
        guard orders.count < settings.ordersMax else {
            complain(
                .tooManyOrders,
                "\(name): no certificate on demand: \(settings.ordersMax) were ordered within ten minutes")
            return false
        }
        orders.append(time.now())
        return true
    }

    /// What the service says, or said a moment ago.
    func permission(for name: String) async -> Permission {
        if let answer = answers[name], time.now() < answer.until { return answer.permission }
        if let task = asking[name] { return await task.value }
        guard asking.count < Self.askingMax else {
            complain(
                .busy,
                "\(name): no certificate on demand: \(settings.ask) has not answered \(Self.askingMax) questions yet")
            return .unknown
        }
        let task = CertificateTasks.start { await self.question(name) }
        asking[name] = task
        let permission = await task.value
        asking[name] = nil
        return permission
    }

    private func question(_ name: String) async -> Permission {
        let mark = settings.ask.contains("?") ? "&" : "?"
        let permission: Permission
        do {
            let status = try await ask("\(settings.ask)\(mark)domain=\(name)")
            permission = Self.permission(status)
            if permission == .unknown { complainOfService(name, "its answer has the status \(status)") }
        } catch {
            permission = .unknown
            complainOfService(name, "\(error)")
        }
        keep(Answer(permission: permission, until: time.now().addingTimeInterval(Self.seconds(permission))), name)
        return permission
    }

    private static func permission(_ status: Int) -> Permission {
        switch status {
        case 200: .allowed
        case 500...599: .unknown
        default: .denied
        }
    }

    /// For how long an answer is believed.
    private static func seconds(_ permission: Permission) -> Double {
        switch permission {
        case .allowed: allowedSeconds
        case .denied: deniedSeconds
        case .unknown: brokenSeconds
        }
    }

    private func complainOfService(_ name: String, _ reason: String) {
        complain(.broken, "\(name): \(settings.ask) did not say whether it may have a certificate: \(reason)")
    }

    private func complain(_ complaint: Complaint, _ words: String) {
        let now = time.now()
        if let last = complaints[complaint], now < last.addingTimeInterval(Self.complaintSeconds) { return }
        complaints[complaint] = now
        log.log(level: complaint == .tooManyOrders ? .warning : .error, "\(words)")
    }

    private func keep(_ answer: Answer, _ name: String) {
        if answers.count >= Self.answersMax {
            let now = time.now()
            answers = answers.filter { $0.value.until > now }
            // All of them fresh: a flood of names. The service is asked again for those that come back.
            if answers.count >= Self.answersMax { answers = [:] }
        }
        answers[name] = answer
    }

    /// A name that could have a certificate of a public authority: letters, digits and hyphens, more than one label, no
    /// address, no wildcard, not set aside for private use. In lower case, without a dot at its end; nil for anything else.
    static func hostName(_ text: String) -> String? {
        // Some letters of other alphabets become ASCII in lower case: U+212A a k.
        guard let name = HostName.plain(text) else { return nil }
        let labels = name.split(separator: ".", omittingEmptySubsequences: false)
        guard labels.count >= 2, name.utf8.count <= 253, IPAddress(name) == nil, labels.allSatisfy(isLabel),
            labels.last?.contains(where: \.isLetter) ?? false, PublicNames.contains(name)
        else { return nil }
        return name
    }

    private static func isLabel(_ label: Substring) -> Bool {
        (1...63).contains(label.utf8.count) && !label.hasPrefix("-") && !label.hasSuffix("-")
            && label.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
                default: byte == UInt8(ascii: "-")
                }
            }
    }
}
