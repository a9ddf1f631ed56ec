// A running proxy and the signals that steer it.

import ArgumentParser
import GateControl
import Gatehouse
import Glibc
import Logging

/// Runs a proxy until a signal stops it.
enum Service {
    /// - Parameter reload: reads the configuration again for SIGHUP; nil when there is nothing to read.
    static func run(
        _ configuration: Configuration, reload: (() throws -> Configuration)?, signals: Signals? = nil,
        started: (Proxy) -> Void = { _ in }
    ) throws {
        let signals = try signals ?? Signals()
        let proxy: Proxy
        do {
            proxy = try Proxy(configuration: configuration)
            try proxy.start()
        } catch let errors as ConfigurationErrors {
            for diagnostic in errors.diagnostics { Standard.error("\(diagnostic)") }
            throw ExitCode(1)
        } catch {
            Standard.error("gatehouse: \(error)")
            throw ExitCode(1)
        }
        started(proxy)
        serve(proxy, signals, reload)
    }

    private static func serve(_ proxy: Proxy, _ signals: Signals, _ reload: (() throws -> Configuration)?) {
        while true {
            switch signals.next() {
            case .reload: reloadNow(proxy, reload)
            case .reopenLogs: proxy.reopenLogs()
            case .stop:
                proxy.log.notice("stopping: finishing what is under way")
                stop(proxy, signals)
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

    /// A second signal does not wait.
    private static func stop(_ proxy: Proxy, _ signals: Signals) {
        proxy.beginStop()
        signals.onNextStop {
            proxy.log.notice("stopping at once")
            proxy.stopNow()
        }
        proxy.join()
    }
}
