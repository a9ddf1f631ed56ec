"""Load from wrk: one run, its own figures, and whether they count."""

import json
import os
import subprocess
from dataclasses import dataclass, field

from . import places

ERRORS = ("connect_errors", "read_errors", "write_errors", "status_errors", "timeouts")


@dataclass
class Load:
    """What wrk sends."""

    connections: int
    path: str = "/1k"
    method: str = "GET"
    body_bytes: int = 0
    fields: list = field(default_factory=list)


@dataclass
class LoadResult:
    """What wrk saw."""

    requests: int
    seconds: float
    p50_us: int
    p99_us: int
    errors: dict

    @property
    def valid(self):
        """Whether every request got a good answer."""
        return self.requests > 0 and not self.errors


def run(port, load, seconds, cores, threads=1):
    """Runs wrk once, pinned, and reads its summary."""
    argv = [places.tool("wrk"), "--threads", threads, "--connections", load.connections, "--duration", f"{seconds}s",
            "--timeout", "5s", "--latency", "--script", places.LOAD_SCRIPT]
    for line in load.fields:
        argv += ["--header", line]
    argv.append(f"http://127.0.0.1:{port}{load.path}")
    environment = {**os.environ, "BENCH_METHOD": load.method, "BENCH_BODY_BYTES": str(load.body_bytes)}
    result = subprocess.run([str(word) for word in argv], capture_output=True, text=True, env=environment,
                            timeout=seconds + 30, preexec_fn=lambda: os.sched_setaffinity(0, cores))
    return parse(result.stdout + result.stderr)


def parse(output):
    """Finds the summary line that load.lua prints."""
    for line in output.splitlines():
        if line.startswith("SUMMARY "):
            s = json.loads(line.removeprefix("SUMMARY "))
            errors = {name: s[name] for name in ERRORS if s[name]}
            return LoadResult(s["requests"], s["duration_us"] / 1e6, s["p50_us"], s["p99_us"], errors)
    raise RuntimeError(f"wrk gave no summary:\n{output}")
