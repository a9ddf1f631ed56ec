"""One measurement: a proxy started afresh, warmed up, loaded, and read."""

import time
from dataclasses import asdict, dataclass

from . import http2_origin, idle, load, proxies, shapes
from .proxies import Settings
from .stage import NANOSECONDS_PER_TICK


@dataclass
class Sample:
    """The figures of one proxy in one round."""

    valid: bool
    errors: dict
    requests: int
    requests_per_second: float
    cpu_us: float       # per request
    user_us: float
    system_us: float
    busy: float         # share of its core that the proxy used
    others: float       # share of that core that anything else used: what makes a figure noisy
    p50_us: float
    p99_us: float
    rss: int
    pss: int
    negotiated: str     # TLS version, suite and group, where the load knows them


SETTLE_SECONDS = 0.5
# A connection of HTTP/2 keeps for a second what it may need again; then it is as idle as it gets.
HTTP2_SETTLE_SECONDS = 2.5


def sample_load(stage, proxy, scenario, origins, options):
    """Measures one proxy under one scenario's load."""
    certificate = stage.certificate() if scenario.secure else None
    settings = Settings(connections=scenario.at_once, forwarded=options.forwarded, shape=scenario.shape,
                        certificate=certificate, large=scenario.is_large, http2=scenario.http2, backend=scenario.backend)
    running = proxies.start(stage, proxy, origins.port(scenario.backend), settings, {options.proxy_core})
    try:
        if scenario.backend == shapes.GRPC:
            http2_origin.check_grpc(running.port)
        load.run(running.port, scenario.load, options.warm_up, {options.load_core}, certificate)
        before, core_before = running.process.cpu(), core_busy_seconds(options.proxy_core)
        result = load.run(running.port, scenario.load, options.seconds, {options.load_core}, certificate)
        spent = running.process.cpu().since(before)
        core_busy = core_busy_seconds(options.proxy_core) - core_before
        return make_sample(result, spent, core_busy, running.process.memory())
    finally:
        stage.stop(running.process)


def make_sample(result, spent, core_busy, memory):
    """Divides what was spent by the requests that were answered."""
    total, user, system = (ns / 1000 / max(result.requests, 1) for ns in spent)
    busy = spent[0] / 1e9
    return Sample(result.valid, result.errors, result.requests, result.requests / result.seconds, total, user, system,
                  busy / result.seconds, max(core_busy - busy, 0) / result.seconds, result.p50_us, result.p99_us,
                  memory.rss, memory.pss, result.negotiated)


def core_busy_seconds(core):
    """Seconds that a core has been anything but idle."""
    with open("/proc/stat") as lines:
        ticks = next(line.split()[1:9] for line in lines if line.startswith(f"cpu{core} "))
    user, nice, system, _, _, irq, softirq, steal = map(int, ticks)
    return (user + nice + system + irq + softirq + steal) * NANOSECONDS_PER_TICK / 1e9


def sample_idle(stage, proxy, count, origin_port, options, kind):
    """Memory that `count` idle connections take, and what the proxy sets aside for them beforehand."""
    certificate = stage.certificate() if kind.secure else None
    few, many = (Settings(connections=number, certificate=certificate, http2=kind.http2) for number in (100, count))
    small, _, _ = idle_memory(stage, proxy, 0, few, origin_port, options)
    base, half, full = idle_memory(stage, proxy, count, many, origin_port, options)
    figures = {"connections": count, "base_rss": base.rss, "full_rss": full.rss}
    for key in ("rss", "private_dirty", "pss"):
        low, middle, high = (getattr(memory, key) for memory in (base, half, full))
        figures[f"{key}_each"] = (high - low) / count
        figures[f"{key}_each_second_half"] = (high - middle) / (count - count // 2)
    figures["beforehand_each"] = (base.private_dirty - small.private_dirty) / (count - 100)
    return figures


def idle_memory(stage, proxy, count, settings, origin_port, options):
    """Memory with no connection, with half of `count`, and with all of them idle after one request each."""
    running = proxies.start(stage, proxy, origin_port, settings, {options.proxy_core})
    connections = idle.connections(stage, running.port, {options.load_core}, settings)
    settle = HTTP2_SETTLE_SECONDS if settings.http2 else SETTLE_SECONDS
    try:
        readings = [running.process.memory()]
        for target in (count // 2, count):
            connections.open(target)
            time.sleep(settle if target else 0)
            readings.append(running.process.memory())
        connections.check()
        return readings
    finally:
        connections.close()
        stage.stop(running.process)


def as_record(sample):
    """The sample as JSON takes it."""
    return asdict(sample)
