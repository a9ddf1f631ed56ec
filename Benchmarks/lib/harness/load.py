"""Load from wrk or from handshakes.c: one run, its own figures, and whether they count."""

import json
import os
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
    return parse(result.stdout + result.stderr)


def parse(output):
    """Finds the summary line."""
    for line in output.splitlines():
        if line.startswith("SUMMARY "):
            s = json.loads(line.removeprefix("SUMMARY "))
            errors = {name: s[name] for name in ERRORS if s.get(name)}
            return LoadResult(s["requests"], s["duration_us"] / 1e6, s["p50_us"], s["p99_us"], errors,
                              s.get("negotiated", ""))
    raise RuntimeError(f"the load gave no summary:\n{output}")
