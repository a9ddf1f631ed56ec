"""The scenarios of `bench`, and the bars that its figures are held against."""

from dataclasses import dataclass, field

from . import http2_origin, tls
from .load import Handshakes, Load, Streams
from .shapes import GRPC, HOST, HTTP1, HTTP2, Shape, has

MEBIBYTE = 1024 * 1024
IDLE_CONNECTIONS = 10_000
IDLE_BYTES_MAX = 1024
SECURE_IDLE_BYTES_MAX = 10 * 1024
HYBRID_PEERS = ("gatehouse", "envoy")  # nginx and HAProxy are built with Debian's OpenSSL, which lacks X25519MLKEM768.


@dataclass
class Scenario:
    """One kind of load under a name for the command line and a title for the table."""

    name: str
    title: str
    load: object  # Load, Handshakes or Streams
    shape: Shape = field(default_factory=Shape)
    secure: bool = False  # clients come over TLS
    backend: str = HTTP1  # what the origin speaks

    @property
    def hybrid(self):
        """Whether the handshake's key exchange is hybrid."""
        return isinstance(self.load, Handshakes) and self.load.groups == tls.HYBRID

    @property
    def is_large(self):
        """Whether bodies are of a MiB."""
        return isinstance(self.load, (Load, Streams)) and (
            self.load.path == "/1m" or getattr(self.load, "body_bytes", 0) >= MEBIBYTE
            or len(getattr(self.load, "body", b"")) >= MEBIBYTE)

    @property
    def http2(self):
        """Whether clients speak HTTP/2."""
        return isinstance(self.load, Streams)

    @property
    def at_once(self):
        """Requests under way."""
        return self.load.at_once if self.http2 else self.load.connections

    def can_run(self):
        """Whether the load is there: the hybrid one needs Gatehouse's build."""
        return not self.hybrid or self.load.binary is not None

    def fits(self, proxy_name):
        """Whether a proxy can be set up so. Envoy is there for TLS and HTTP/2 alone, and nginx has HTTP/2 to servers for gRPC."""
        if self.hybrid and proxy_name not in HYBRID_PEERS:
            return False
        if self.backend == HTTP2 and proxy_name == "nginx":
            return False
        has_envoy = self.secure or self.http2 or self.backend != HTTP1
        return has(proxy_name, self.shape) and (has_envoy or proxy_name != "envoy")


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
SCENARIOS += [
    Scenario("tls-keepalive-64", "TLS, keep-alive, 1 KiB, 64 connections", Load(64), secure=True),
    Scenario("tls-handshakes", "TLS, a full handshake per request, 1 KiB, 64 at a time", Handshakes(64), secure=True),
    Scenario("tls-handshakes-hybrid", "the same with X25519MLKEM768", Handshakes(64, groups=tls.HYBRID), secure=True),
    Scenario("tls-resumed", "TLS, a resumed handshake per request, 1 KiB, 64 at a time", Handshakes(64, resumed=True),
             secure=True),
    Scenario("tls-download-1m", "TLS, 1 MiB download, 16 connections", Load(16, "/1m"), secure=True),
    Scenario("tls-upload-1m", "TLS, 1 MiB upload, 16 connections", Load(16, "/upload", "POST", MEBIBYTE), secure=True),
]
HTTP2_LOADS = [(10, 32), (1, 100), (1, 1)]
SCENARIOS += [
    Scenario(f"h2-{'tls-' if secure else ''}{connections}x{streams}-{path}",
             f"HTTP/2{' over TLS' if secure else ''}, {connections} connections of {streams} streams, {size}",
             Streams(connections, streams, f"/{path}", answer_bytes=count), secure=secure)
    for secure in (False, True) for path, size, count in (("1k", "1 KiB", 1024), ("1m", "1 MiB", MEBIBYTE))
    for connections, streams in HTTP2_LOADS
]
SCENARIOS += [
    Scenario(f"h2-{'tls-' if secure else ''}1x1-upload-1m", f"HTTP/2{' over TLS' if secure else ''}, 1 MiB up, one stream",
             Streams(1, 1, "/upload", b"x" * MEBIBYTE, answer_bytes=len("received 1048576\n")), secure=secure)
    for secure in (False, True)
]
SCENARIOS += [
    Scenario(f"grpc-{connections}x{streams}", f"gRPC, unary calls, {connections} connections of {streams} streams",
             Streams(connections, streams, http2_origin.GRPC_PATH, http2_origin.GRPC_MESSAGE, http2_origin.GRPC_FIELDS,
                     len(http2_origin.GRPC_MESSAGE)), backend=GRPC)
    for connections, streams in HTTP2_LOADS
]
SCENARIOS += [
    Scenario("h2-server-keepalive-64", "HTTP/1.1 to an HTTP/2 server, 1 KiB, 64 connections", Load(64), backend=HTTP2),
    Scenario("h2-server-10x32-1k", "HTTP/2 to an HTTP/2 server, 1 KiB, 10 connections of 32 streams", Streams(10, 32),
             backend=HTTP2),
]
SMOKE = ["keepalive-64", "no-keepalive", "upload-1m", "tls-keepalive-64", "tls-handshakes", "tls-resumed", "tls-upload-1m",
         "h2-10x32-1k", "h2-tls-1x1-1m", "h2-1x1-upload-1m", "grpc-10x32", "h2-server-10x32-1k"]


@dataclass
class Idle:
    """Connections that wait. In clear text and HTTP/1.1 they are measured without Envoy."""

    name: str
    secure: bool = False
    http2: bool = False
    bytes_max: int = 0  # the bar, if there is one

    def fits(self, proxy_name):
        """Whether a proxy is measured with it."""
        return self.secure or self.http2 or proxy_name != "envoy"


IDLES = [
    Idle("idle-10000", bytes_max=IDLE_BYTES_MAX),
    Idle("tls-idle-10000", secure=True, bytes_max=SECURE_IDLE_BYTES_MAX),
    Idle("h2-idle-10000", http2=True),
]
NAMES = [s.name for s in SCENARIOS + IDLES]


@dataclass
class Bar:
    """A peer's CPU per request in a scenario must be at least `ratio` times Gatehouse's."""

    scenario: str
    peer: str
    ratio: float


@dataclass
class RateBar:
    """Gatehouse answers at least `ratio` times as many requests a second as a peer."""

    scenario: str
    peer: str
    ratio: float


BARS = [
    Bar("keepalive-64", "nginx", 1.10),
    Bar("keepalive-64", "haproxy", 1.25),
    *[Bar(s.name, "nginx", 1.00) for s in SCENARIOS if s.name != "keepalive-64" and not s.secure and not s.http2
      and s.backend == HTTP1 and s.fits("nginx")],
    Bar("download-1m", "haproxy", 1.00),
    Bar("upload-1m", "haproxy", 1.00),
    Bar("tls-keepalive-64", "nginx", 1.25),
    Bar("tls-handshakes", "nginx", 1.50),
    Bar("tls-resumed", "nginx", 1.00),
    *[Bar(name, peer, ratio) for name in ("h2-10x32-1k", "h2-tls-10x32-1k") for peer, ratio in (("nginx", 1.20), ("envoy", 3.00))],
    *[Bar(name, peer, 1.00) for name in ("tls-download-1m", "tls-upload-1m") for peer in ("nginx", "haproxy", "envoy")],
]
RATE_BARS = [RateBar(f"h2-{over}1x1-{way}1m", "haproxy", 1.00) for over in ("", "tls-") for way in ("", "upload-")]
