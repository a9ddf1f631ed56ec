"""One measurement: a proxy started afresh, warmed up, loaded, and read."""

import time
from dataclasses import asdict, dataclass

from . import idle, load, proxies
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


def sample_load(stage, proxy, scenario, origin_port, options):
    """Measures one proxy under one scenario's load."""
    certificate = stage.certificate() if scenario.secure else None
    settings = Settings(connections=scenario.at_once, forwarded=options.forwarded, shape=scenario.shape,
                        certificate=certificate, large=scenario.is_large, http2=scenario.http2)
    running = proxies.start(stage, proxy, origin_port, settings, {options.proxy_core})
    try:
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


def sample_idle(stage, proxy, count, origin_port, options, secure=False):
    """Memory that `count` idle keep-alive connections take, and what the proxy sets aside for them beforehand."""
    certificate = stage.certificate() if secure else None
    few, many = (Settings(connections=number, certificate=certificate) for number in (100, count))
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
    connections = idle.connections(stage, running.port, {options.load_core}, bool(settings.certificate))
    try:
        readings = [running.process.memory()]
        for target in (count // 2, count):
            connections.open(target)
            time.sleep(0.5 if target else 0)
            readings.append(running.process.memory())
        connections.check()
        return readings
    finally:
        connections.close()
        stage.stop(running.process)


def as_record(sample):
    """The sample as JSON takes it."""
    return asdict(sample)
