// What must hold after any fault: the proxy holds nothing, serves others, and leaves no descriptor behind.

internal import CGateLinux
internal import Glibc

/// Plays a fault on a stage that has a healthy backend besides, and checks what must hold afterwards.
public enum Endurance {
    /// As `Stage.play`; afterwards the proxy must hold nothing but pooled connections, and `GET /healthy` must be served.
    public static func play(
        _ script: @escaping ScriptedServer.Script = ScriptedServer.echo, _ settings: Stage.Settings = .init(),
        _ fault: (Stage) throws -> Void
    ) throws {
        let healthy = try ScriptedServer(ScriptedServer.saying("healthy"))
        defer { healthy.stop() }
        var settings = settings
        let patience = "timeouts: { connect: 10m, first_byte: 10m, read: 10m }"
        settings.routes.insert("{ match: { path: /healthy }, proxy: \"\(healthy.url)\", \(patience) }", at: 0)
        try Stage.play(script, settings) { stage in
            try fault(stage)
            try stage.proxy.waitUntilIdle()
            try expectHealthy { try stage.exchange(get("/healthy")) }
        }
    }

    /// As `play`, with clients over TLS.
    public static func playSecurely(
        _ script: @escaping ScriptedServer.Script = ScriptedServer.echo,
        _ settings: SecureStage.Settings = SecureStage.Settings(), _ fault: (SecureStage) throws -> Void
    ) throws {
        var settings = settings
        settings.plain.routes.insert("{ match: { path: /healthy }, respond: { status: 200, body: healthy } }", at: 0)
        try SecureStage.play(script, settings) { secure in
            try fault(secure)
            try secure.stage.proxy.waitUntilIdle()
            try expectHealthy { try secure.exchange(get("/healthy")) }
        }
    }

    /// Others must be served. Who got no turn between connecting and asking, and met a short timeout of the settings, asks again.
    private static func expectHealthy(_ exchange: () throws -> RawResponse) throws {
        let response = try awaitValue("an answer to /healthy") { () -> RawResponse? in
            do {
                let response = try exchange()
                return response.status == 408 ? nil : response
            } catch let failure as WireFailure where failure.isEnd {
                return nil
            }
        }
        guard response.body.text == "healthy" else {
            throw WireFailure(.malformed("not healthy"), had: response.body.bytes)
        }
    }

    /// Runs `body` and throws when this process has more descriptors open afterwards. For a process of its own.
    public static func leavesNoDescriptor(_ body: () throws -> Void) throws {
        try play { stage in _ = try stage.exchange(get()) }
        let before = OpenDescriptors()
        try body()
        try eventually("descriptors to close, open were \(OpenDescriptors().added(since: before))") {
            OpenDescriptors().count <= before.count
        }
    }

    /// CPU time that this process has used.
    public static var processorTime: Duration {
        var used = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used)
        return .seconds(used.tv_sec) + .nanoseconds(used.tv_nsec)
    }

    /// Lets this process have `count` descriptors more than it has open now; answers what the limit was.
    public static func limitDescriptors(toMore count: Int) -> UInt {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        let before = limit.rlim_cur
        limit.rlim_cur = rlim_t((OpenDescriptors().targets.keys.max() ?? 0) + 1 + count)
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        return UInt(before)
    }

    /// Sets the limit of descriptors again.
    public static func restoreDescriptors(_ count: UInt) {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        limit.rlim_cur = rlim_t(count)
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}
