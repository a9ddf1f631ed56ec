"""One measurement: a proxy started afresh, warmed up, loaded, and read."""

import socket
import time
from dataclasses import asdict, dataclass

from . import load, proxies
from .proxies import Settings
from .stage import NANOSECONDS_PER_TICK

IDLE_REQUEST = b"GET /1k HTTP/1.1\r\nHost: bench\r\n\r\n"
IDLE_BATCH = 50  # Connections opened and asked together while 10,000 are made.


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


def sample_load(stage, proxy, scenario, origin_port, options):
    """Measures one proxy under one scenario's load."""
    settings = Settings(connections=scenario.load.connections, forwarded=options.forwarded, shape=scenario.shape)
    running = proxies.start(stage, proxy, origin_port, settings, {options.proxy_core})
    try:
        load.run(running.port, scenario.load, options.warm_up, {options.load_core})
        before, core_before = running.process.cpu(), core_busy_seconds(options.proxy_core)
        result = load.run(running.port, scenario.load, options.seconds, {options.load_core})
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
                  memory.rss, memory.pss)


def core_busy_seconds(core):
    """Seconds that a core has been anything but idle."""
    with open("/proc/stat") as lines:
        ticks = next(line.split()[1:9] for line in lines if line.startswith(f"cpu{core} "))
    user, nice, system, _, _, irq, softirq, steal = map(int, ticks)
    return (user + nice + system + irq + softirq + steal) * NANOSECONDS_PER_TICK / 1e9


def sample_idle(stage, proxy, count, origin_port, options):
    """Memory that `count` idle keep-alive connections take, and what the proxy sets aside for them beforehand."""
    small, _, _ = idle_memory(stage, proxy, 0, Settings(connections=100), origin_port, options)
    base, half, full = idle_memory(stage, proxy, count, Settings(connections=count), origin_port, options)
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
    connections = []
    try:
        readings = [running.process.memory()]
        for target in (count // 2, count):
            while len(connections) < target:
                connections += ask_on_new_connections(running.port, min(IDLE_BATCH, target - len(connections)))
            time.sleep(0.5 if target else 0)
            readings.append(running.process.memory())
        for connection in connections:
            check_alive(connection)
        return readings
    finally:
        for connection in connections:
            connection.close()
        stage.stop(running.process)


def ask_on_new_connections(port, count):
    """Opens connections, sends one request on each, reads the answers whole, and leaves the connections open."""
    batch = [socket.create_connection(("127.0.0.1", port), timeout=10) for _ in range(count)]
    for connection in batch:
        connection.sendall(IDLE_REQUEST)
    for connection in batch:
        read_answer(connection)
    return batch


def read_answer(connection):
    """Reads a 200 with its 1 KiB body."""
    data = b""
    while len(data.partition(b"\r\n\r\n")[2]) < 1024:
        piece = connection.recv(65536)
        if not piece:
            raise RuntimeError("the proxy closed a connection that should stay idle")
        data += piece
    if not data.startswith(b"HTTP/1.1 200 "):
        raise RuntimeError(f"unexpected answer: {data[:60]!r}")


def check_alive(connection):
    """An idle connection must still be open, or its memory was not measured."""
    connection.setblocking(False)
    try:
        if connection.recv(1) == b"":
            raise RuntimeError("the proxy closed an idle connection")
    except BlockingIOError:
        pass


def as_record(sample):
    """The sample as JSON takes it."""
    return asdict(sample)
