"""Load from wrk, h2load or handshakes.c: one run, its own figures, and whether they count."""

import json
import os
import re
import subprocess
from dataclasses import dataclass, field

from . import places, tls

ERRORS = ("connect_errors", "read_errors", "write_errors", "status_errors", "timeouts", "handshake_errors", "mismatched")


@dataclass
class Load:
    """What wrk sends."""

    connections: int
    path: str = "/1k"
    method: str = "GET"
    body_bytes: int = 0
    fields: list = field(default_factory=list)
    threads: int = 1

    def command(self, port, seconds, certificate):
        """wrk's command and environment. Over TLS it names the host, because an address is no server name."""
        argv = [places.tool("wrk"), "--threads", self.threads, "--connections", self.connections, "--duration", f"{seconds}s",
                "--timeout", "5s", "--latency", "--script", places.LOAD_SCRIPT]
        for line in self.fields:
            argv += ["--header", line]
        argv.append(f"https://{tls.HOST}:{port}{self.path}" if certificate else f"http://127.0.0.1:{port}{self.path}")
        return argv, {"BENCH_METHOD": self.method, "BENCH_BODY_BYTES": str(self.body_bytes)}


@dataclass
class Handshakes:
    """What handshakes.c does: a connection for each request of 1 KiB."""

    connections: int
    resumed: bool = False
    groups: str = tls.CLASSIC

    @property
    def binary(self):
        """The program that knows the groups, or None when it cannot be built."""
        return places.hybrid_handshakes_binary() if self.groups == tls.HYBRID else places.handshakes_binary()

    def command(self, port, seconds, _):
        """The command and its environment."""
        return [self.binary, "--port", port, "--connections", self.connections, "--seconds", seconds,
                "--resumed", int(self.resumed), "--groups", self.groups], {}


@dataclass
class Streams:
    """What h2load sends over HTTP/2: `streams` requests at once on each connection. With a body it is POST."""

    connections: int
    streams: int
    path: str = "/1k"
    body: bytes = b""
    fields: list = field(default_factory=list)
    answer_bytes: int = 1024  # of each answer's body; fewer are an error

    @property
    def at_once(self):
        """Requests under way, each of which takes a connection to the origin."""
        return self.connections * self.streams

    def command(self, port, seconds, certificate):
        """h2load's command and environment. Over TLS it names the host, because an address is no server name."""
        return self.words(["--duration", seconds], port, certificate), {}

    def words(self, extent, port, certificate):
        """h2load's command; `extent` says how long or how many."""
        argv = [places.tool("h2load"), *extent, "--clients", self.connections,
                "--max-concurrent-streams", self.streams, "--threads", 1]
        for line in self.fields:
            argv += ["--header", line]
        if self.body:
            argv += ["--data", places.body_file(self.body)]
        if not certificate:
            return [*argv, f"http://127.0.0.1:{port}{self.path}"]
        return [*argv, "--connect-to", f"127.0.0.1:{port}", "--tls13-ciphers", "TLS_AES_128_GCM_SHA256",
                "--groups", tls.CLASSIC, f"https://{tls.HOST}:{port}{self.path}"]

    def drive(self, port, count, certificate):
        """Sends exactly `count` requests; an answer that is not good is an error."""
        argv = [str(word) for word in self.words(["--requests", count], port, certificate)]
        result = subprocess.run(argv, capture_output=True, text=True, timeout=300)
        counts = H2LOAD_COUNTS.search(result.stdout)
        if not counts or int(counts[1]) != count:
            raise RuntimeError(f"h2load did not get {count} answers:\n{result.stdout}{result.stderr}")


@dataclass
class LoadResult:
    """What the load saw."""

    requests: int
    seconds: float
    p50_us: int
    p99_us: int
    errors: dict
    negotiated: str  # TLS version, suite and group, where the load knows them

    @property
    def valid(self):
        """Whether every request got a good answer."""
        return self.requests > 0 and not self.errors


def run(port, load, seconds, cores, certificate=None):
    """Runs the load once, pinned, and reads its summary."""
    argv, environment = load.command(port, seconds, certificate)
    result = subprocess.run([str(word) for word in argv], capture_output=True, text=True,
                            env={**os.environ, **environment}, timeout=seconds + 30,
                            preexec_fn=lambda: os.sched_setaffinity(0, cores))
    output = result.stdout + result.stderr
    return parse_h2load(output, seconds, load) if isinstance(load, Streams) else parse(output)


def parse(output):
    """Finds the summary line."""
    for line in output.splitlines():
        if line.startswith("SUMMARY "):
            s = json.loads(line.removeprefix("SUMMARY "))
            errors = {name: s[name] for name in ERRORS if s.get(name)}
            return LoadResult(s["requests"], s["duration_us"] / 1e6, s["p50_us"], s["p99_us"], errors,
                              s.get("negotiated", ""))
    raise RuntimeError(f"the load gave no summary:\n{output}")


H2LOAD_COUNTS = re.compile(r"requests: .* (\d+) succeeded, (\d+) failed, (\d+) errored, (\d+) timeout")
H2LOAD_DATA = re.compile(r"traffic: .* \((\d+)\) data")
H2LOAD_TIMES = re.compile(r"time for request: +\S+ +(\S+) +(\S+)")
UNITS = {"us": 1, "ms": 1000, "s": 1_000_000}


def parse_h2load(output, seconds, load):
    """Reads what h2load prints. It has no percentiles: the mean stands for the median, the maximum for the last hundredth."""
    counts, times, data = (pattern.search(output) for pattern in (H2LOAD_COUNTS, H2LOAD_TIMES, H2LOAD_DATA))
    if not counts or not times or not data:
        raise RuntimeError(f"h2load gave no summary:\n{output}")
    succeeded, failed, errored, timeouts = map(int, counts.groups())
    errors = {name: count for name, count in (("status_errors", failed), ("read_errors", errored), ("timeouts", timeouts))
              if count}
    # h2load looks at the status alone; a failure that gRPC tells has 200, and no body.
    if int(data.group(1)) < succeeded * load.answer_bytes:
        errors["short_answers"] = 1
    negotiated = " ".join(line.split(": ", 1)[1] for line in output.splitlines()
                          if line.startswith(("TLS Protocol: ", "Cipher: ", "Server Temp Key: ")))
    highest, mean = (microseconds(text) for text in times.groups())
    return LoadResult(succeeded, seconds, mean, highest, errors, negotiated)


def microseconds(text):
    """`1.53ms` as a number."""
    unit = text.lstrip("0123456789.")
    return float(text[:len(text) - len(unit)]) * UNITS[unit]
