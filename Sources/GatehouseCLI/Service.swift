// A running proxy and the signals that steer it.

import ArgumentParser
import GateControl
import GateEngine
import Gatehouse
import Glibc
import Logging
import Synchronization

/// Runs a proxy until a signal stops it.
enum Service {
    /// - Parameter reload: reads the configuration again for SIGHUP; nil when there is nothing to read.
    static func run(
        _ configuration: Configuration, reload: (() throws -> Configuration)?, signals: Signals? = nil,
        started: (Proxy) -> Void = { _ in }
    ) throws {
        let running = Mutex<Proxy?>(nil)
        let wishes = try SignalQueue(try signals ?? Signals()) { stopAtOnce(running.withLock { $0 }) }
        let proxy: Proxy
        do {
            proxy = try Proxy(configuration: configuration)
            running.withLock { $0 = proxy }
            try proxy.start()
        } catch let errors as ConfigurationErrors {
            for diagnostic in errors.diagnostics { Standard.error("\(diagnostic)") }
            throw ExitCode(1)
        } catch {
            Standard.error("gatehouse: \(error)")
            throw ExitCode(1)
        }
        started(proxy)
        serve(proxy, wishes, reload)
    }

    private static func serve(_ proxy: Proxy, _ wishes: SignalQueue, _ reload: (() throws -> Configuration)?) {
        while true {
            switch wishes.next() {
            case .reload: reloadNow(proxy, reload)
            case .reopenLogs: proxy.reopenLogs()
            case .stop:
                proxy.log.notice("stopping: finishing what is under way")
                proxy.stop(graceful: true)
                return
            }
        }
    }

    private static func reloadNow(_ proxy: Proxy, _ reload: (() throws -> Configuration)?) {
        guard let reload else { return proxy.log.notice("nothing to reload: started without a file") }
        do {
            try proxy.reload(try reload())
            proxy.log.notice("configuration reloaded")
        } catch let errors as ConfigurationErrors {
            for diagnostic in errors.diagnostics { proxy.log.error("\(diagnostic)") }
            proxy.log.error("reload refused: the running configuration stays")
        } catch {
            proxy.log.error("reload refused: \(error); the running configuration stays")
        }
    }

    /// What a second stop leaves for an end in good order.
    private static let endMsMax = 1000

    /// A second signal waits for nothing: whatever hangs, the process ends.
    @Sendable
    private static func stopAtOnce(_ proxy: Proxy?) {
        let watch = try? GateThread.start(name: "gate-end") {
            usleep(UInt32(endMsMax * 1000))
            _exit(1)
        }
        guard watch != nil, let proxy else { _exit(1) }
        proxy.log.notice("stopping at once")
        proxy.stopNow()
    }
}
