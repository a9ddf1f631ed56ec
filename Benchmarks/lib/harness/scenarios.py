"""The scenarios of `bench`, and the bars that its figures are held against."""

from dataclasses import dataclass, field

from .load import Load
from .shapes import HOST, Shape, has

MEBIBYTE = 1024 * 1024
IDLE_CONNECTIONS = 10_000
IDLE_BYTES_MAX = 1024


@dataclass
class Scenario:
    """One kind of load under a name for the command line and a title for the table."""

    name: str
    title: str
    load: Load
    shape: Shape = field(default_factory=Shape)


def field_lines(count, line_bytes):
    """Request field lines of exactly `line_bytes` bytes each, without the line's end."""
    names = [f"X-Field-{i:02}: " for i in range(1, count + 1)]
    return [name + "v" * (line_bytes - len(name)) for name in names]


SCENARIOS = [
    Scenario("keepalive-1", "keep-alive, 1 KiB, 1 connection", Load(1)),
    Scenario("keepalive-64", "keep-alive, 1 KiB, 64 connections", Load(64)),
    Scenario("keepalive-512", "keep-alive, 1 KiB, 512 connections", Load(512)),
    Scenario("no-keepalive", "a connection per request, 1 KiB, 64 at a time", Load(64, fields=["Connection: close"])),
    Scenario("fields-20", "20 request fields of 40 bytes, 1 KiB, 64 connections", Load(64, fields=field_lines(20, 40))),
    Scenario("download-1m", "1 MiB download, 16 connections", Load(16, "/1m")),
    Scenario("upload-1m", "1 MiB upload, 16 connections", Load(16, "/upload", "POST", MEBIBYTE)),
]
NAMED = [f"Host: {HOST}"]
METHODS = ["round_robin", "least_requests", "least_time", "random", "hash", "first"]
SCENARIOS += [
    Scenario("routes-10000", "keep-alive, 1 KiB, 64 connections, 10,000 routes", Load(64), Shape(routes=10_000)),
    Scenario("sites-10000", "keep-alive, 1 KiB, 64 connections, 10,000 sites", Load(64, fields=NAMED),
             Shape(sites=10_000)),
    *[Scenario(f"servers-100-{method}", f"keep-alive, 1 KiB, 64 connections, 100 servers, {method}", Load(64),
               Shape(servers=100, method=method)) for method in METHODS],
]
IDLE = "idle-10000"
SMOKE = ["keepalive-64", "no-keepalive", "upload-1m"]
NAMES = [s.name for s in SCENARIOS] + [IDLE]


@dataclass
class Bar:
    """A peer's CPU per request in a scenario must be at least `ratio` times Gatehouse's."""

    scenario: str
    peer: str
    ratio: float


BARS = [
    Bar("keepalive-64", "nginx", 1.10),
    Bar("keepalive-64", "haproxy", 1.25),
    *[Bar(s.name, "nginx", 1.00) for s in SCENARIOS if s.name != "keepalive-64" and has("nginx", s.shape)],
    Bar("download-1m", "haproxy", 1.00),
    Bar("upload-1m", "haproxy", 1.00),
]
