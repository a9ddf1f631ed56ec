"""The proxies: their configurations, how they are started, and when they are ready.

Each is set up as an expert would for the least CPU per request: no access log, keep-alive to the origin without a limit
that would close connections, one worker, as many connections as the scenario needs. The reasons stand beside the
settings and, for readers, in README.md. A change to a peer's settings must make it cheaper, or be needed to work.
"""

import os
import socket
import subprocess
import time

from . import envoy, http2_client, places, shapes, tls
from .shapes import Shape

ORDER = ["gatehouse", "nginx", "haproxy", "envoy"]


class Settings:
    """What a scenario asks of a proxy."""

    def __init__(self, workers=1, connections=1024, forwarded=False, profiled=False, shape=Shape(),
                 certificate=None, large=False, http2=False, backend=shapes.HTTP1):
        self.workers = workers          # worker processes or threads
        self.connections = connections  # client connections that must fit
        self.forwarded = forwarded      # peers also write X-Forwarded-For, -Proto and -Host, as Gatehouse always does
        self.profiled = profiled        # runs under callgrind, which loses what a forked process did
        self.shape = shape              # how many routes, sites and servers
        self.certificate = certificate  # of tls.Certificate, when clients come over TLS
        self.large = large              # bodies are of a MiB
        self.http2 = http2              # clients speak HTTP/2
        self.backend = backend          # what the origin speaks: HTTP1, HTTP2 or GRPC of `shapes`


class Gatehouse:
    """The program under test."""

    name = "gatehouse"
    def __init__(self, binary=places.GATEHOUSE):
        self.binary = binary

    def version(self):
        """The version as the program tells it."""
        return first_line([self.binary, "version"])

    def prepare(self, folder, port, origin_port, settings):
        """Writes the configuration and returns the command."""
        path = folder / "gatehouse.yaml"
        path.write_text(f"""workers: {settings.workers}
listeners:
  - address: "127.0.0.1:{port}"{gatehouse_http2(settings)}{gatehouse_tls(settings.certificate)}
upstreams:
  origin:
    {shapes.gatehouse_servers(settings.shape, origin_port, settings.backend)}
    # As with the peers: as many idle connections as clients, and none closed for its age or its requests.
    idle_connections: {min(settings.connections, 1024)}
    idle_timeout: 300s
    connection_lifetime: off
    requests_per_connection: off
timeouts: {{ idle: 300s }}
log: {{ access: off }}
sites:
{shapes.gatehouse_sites(settings.shape)}""")
        return [self.binary, "run", "--config", path]


class Nginx:
    """nginx with settings for the least CPU."""

    name = "nginx"

    def version(self):
        """The version as the program tells it."""
        return first_line([places.tool("nginx"), "-v"])

    def prepare(self, folder, port, origin_port, settings):
        """Writes the configuration and returns the command."""
        path = folder / "nginx.conf"
        forwarded = """
    proxy_set_header X-Forwarded-For $remote_addr;
    proxy_set_header X-Forwarded-Proto $scheme;
    proxy_set_header X-Forwarded-Host $host;""" if settings.forwarded else ""
        # reuseport with more than one worker: otherwise one of them takes nearly every connection.
        reuseport = " reuseport" if settings.workers > 1 else ""
        # Large responses: one buffer back and forth is cheaper than buffering on, with any number and size of buffers
        # that was tried (16k to 256k). An exact location costs the other requests next to nothing; a pattern would.
        # `proxy_buffers` is unused here, but checked against the other size.
        large = "\n        ".join(
            f"location = {path} {{ proxy_buffering off; proxy_buffer_size 32k; proxy_buffers 8 32k; "
            "proxy_pass http://origin; }" for path in ("/1m", "/1g"))
        # HTTP/2 to servers is for gRPC alone, and one request at a time on each connection.
        locations = ("location / { grpc_pass grpc://origin; }" if settings.backend == shapes.GRPC
                     else f"location / {{ proxy_pass http://origin; }} {large}")
        listen = (f"127.0.0.1:{port} backlog=4096{reuseport}{' ssl' if settings.certificate else ''}"
                  f"{' http2' if settings.http2 else ''}")
        master = "off" if settings.profiled and settings.workers == 1 else "on"
        path.write_text(f"""daemon off;
master_process {master};
pid {folder}/nginx.pid;
error_log stderr crit;
worker_processes {settings.workers};
worker_rlimit_nofile {descriptor_limit()};
events {{
    use epoll;
    # Allocated beforehand, about 330 bytes each, and counts both sides: no more than the scenario needs.
    worker_connections {min(settings.connections * (1 + settings.shape.servers) + 100, 19000)};
    multi_accept on;
}}
http {{
    access_log off;
    server_tokens off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;

    # The default closes a client's connection after 1,000 requests.
    keepalive_requests 1000000000;
    keepalive_timeout 300s;
    # The default of 1k makes a head with 20 fields take a second, larger buffer. Freed while a connection is idle.
    client_header_buffer_size 4k;
    client_max_body_size 0;

    upstream origin {{
        {shapes.nginx_upstream(settings.shape, origin_port)}
        # Idle connections kept, for all servers together, again without the limit of 1,000 requests.
        keepalive {min(settings.connections * settings.shape.servers, 8192)};
        keepalive_requests 1000000000;
        keepalive_timeout 300s;
    }}

    # Keep-alive to the origin takes both of these.
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host $http_host;{forwarded}
{nginx_tls(settings.certificate)}
    # Small responses fit the first buffer of the default size, 4k (16k costs the same or more); nothing is ever
    # written to disk.
    proxy_buffering on;
    proxy_max_temp_file_size 0;
    # Uploads: streamed as they come. Measured against 64k, 512k and buffering whole: the cheapest, or equal to it.
    proxy_request_buffering off;
    client_body_buffer_size 128k;

    {shapes.nginx_servers(settings.shape, listen, locations)}
}}
""")
        return [places.tool("nginx"), "-p", folder, "-e", "stderr", "-c", path]


class HAProxy:
    """HAProxy with settings for the least CPU."""

    name = "haproxy"

    def version(self):
        """The version as the program tells it."""
        return first_line([places.tool("haproxy"), "-v"])

    def prepare(self, folder, port, origin_port, settings):
        """Writes the configuration and returns the command."""
        path = folder / "haproxy.cfg"
        forwarded = """
    option forwardfor
    http-request set-header X-Forwarded-Proto http
    http-request set-header X-Forwarded-Host %[req.hdr(host)]""" if settings.forwarded else ""
        path.write_text(f"""global
    nbthread {settings.workers}
    # No more than needed: tables are allocated for it beforehand. Both sides' descriptors may pass the hard limit
    # when 10,000 clients are idle, although they use one connection to the origin: so the limit is not enforced.
    maxconn {settings.connections + 100}
    no strict-limits
    # Time stamps around every task cost system calls; "auto" may switch them on under load.
    profiling.tasks off
    # Above these shares of all descriptors (by default 25 and 20 %) idle connections to the origin are closed.
    tune.pool-high-fd-ratio 100
    tune.pool-low-fd-ratio 100
    # Pipes for splicing: larger ones take fewer calls (the default holds 64 KiB), and one per transfer and direction.
    tune.pipesize 1048576
    maxpipes 1000
{haproxy_tls(settings)}
defaults
    mode http
    timeout connect 5s
    timeout client 300s
    timeout server 300s
    timeout http-keep-alive 300s
    maxconn {settings.connections + 100}
    # Bodies move between the sockets through a pipe, uncopied. Always, because `splice-auto` finds it worthwhile too
    # seldom here (a third more CPU for 1 MiB); for 1 KiB there is nothing left to splice, so it costs nothing.
    option splice-request
    option splice-response
    # Any idle connection to the origin may carry any request.
    http-reuse always
    retries 0

frontend public
    bind 127.0.0.1:{port} backlog 4096{haproxy_bind(settings)}
    {shapes.haproxy_frontend(settings.shape, folder)}

backend origin{forwarded}
    # Idle connections are kept, whatever their number.
    {shapes.haproxy_servers(settings.shape, origin_port, settings.backend)}
""")
        return [places.tool("haproxy"), "-q", "-db", "-f", path]


def gatehouse_http2(settings):
    """In clear text HTTP/2 has to be asked for; over TLS it is there."""
    return "\n    protocols: [h1, h2]" if settings.http2 and not settings.certificate else ""


def haproxy_bind(settings):
    """What the frontend speaks."""
    if not settings.certificate:
        return " proto h2" if settings.http2 else ""
    return f" ssl crt {settings.certificate.both}" + (" alpn h2,http/1.1" if settings.http2 else "")


def gatehouse_tls(certificate):
    """The end of the listener, with every default but the certificate."""
    return f"""
    tls:
      certificates: [{{ chain: {certificate.chain}, key: {certificate.key} }}]""" if certificate else ""


def nginx_tls(certificate):
    """TLS for all servers. Tickets are on by default; a shared cache besides would cost each full handshake a lock."""
    return f"""
    ssl_certificate {certificate.chain};
    ssl_certificate_key {certificate.key};
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_ecdh_curve {tls.CLASSIC}:prime256v1;
""" if certificate else ""


def haproxy_tls(settings):
    """TLS for the frontend. By default HAProxy takes the suite that it likes best, AES-256; the others go by the client.

    Nothing can be spliced. Larger buffers make 1 MiB a quarter cheaper than the 16 KiB of the default, and small answers dearer.
    """
    buffers = "    tune.bufsize 65536\n" if settings.large else ""
    return f"""
    ssl-default-bind-options ssl-min-ver TLSv1.2 prefer-client-ciphers
    ssl-default-bind-curves {tls.CLASSIC}:P-256
{buffers}""" if settings.certificate else ""


class Running:
    """A proxy that answers."""

    def __init__(self, process, port):
        self.process, self.port = process, port


def make(names, gatehouse_binary):
    """The proxies asked for, in the usual order. Gatehouse is left out, and said so, when it is not built."""
    unknown = set(names) - set(ORDER)
    if unknown:
        raise SystemExit(f"unknown proxy {', '.join(sorted(unknown))}; there are {', '.join(ORDER)}")
    chosen = []
    for name in (n for n in ORDER if n in names):
        if name == "gatehouse" and not os.access(gatehouse_binary, os.X_OK):
            print("gatehouse is not built (swift build -c release); going on without it")
            continue
        if name == "envoy" and not envoy.binary():
            print("envoy is not installed (Benchmarks/install-envoy); going on without it")
            continue
        chosen.append(Gatehouse(gatehouse_binary) if name == "gatehouse" else KINDS[name]())
    if not chosen:
        raise SystemExit("nothing to measure")
    return chosen


KINDS = {"gatehouse": Gatehouse, "nginx": Nginx, "haproxy": HAProxy, "envoy": envoy.Envoy}


def start(stage, proxy, origin_port, settings, cores, wrap=(), environment=None, seconds=10):
    """Starts a proxy on a free port and waits until it forwards. `wrap` are words before its command (valgrind)."""
    for attempt in range(3):
        port = places.free_port()
        command = proxy.prepare(stage.folder, port, origin_port, settings)
        process = stage.start(proxy.name, [*wrap, *command], cores, environment)
        if wait_until_ready(process, port, seconds, settings):
            return Running(process, port)
        tail = process.tail()
        stage.stop(process)
    raise SystemExit(f"{proxy.name} does not answer:\n{tail}")


def wait_until_ready(process, port, seconds, settings):
    """Whether the proxy forwards a request before `seconds` pass or it ends."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and not process.exited():
        if answers(port, deadline - time.monotonic(), settings):
            return True
        time.sleep(0.02)
    return False


def answers(port, seconds, settings):
    """Whether one request through the proxy succeeds; or, in HTTP/2, whether its settings come."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=max(seconds, 0.1)) as plain:
            if settings.http2 and not settings.certificate:
                plain.sendall(http2_client.PREFACE + http2_client.frame(http2_client.SETTINGS))
                return http2_client.read_frame(plain)[0] == http2_client.SETTINGS
            s = tls.over(plain) if settings.certificate else plain
            s.sendall(b"GET /1k HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n")
            return s.recv(64).startswith(b"HTTP/1.1 200 ")
    except (OSError, RuntimeError):
        return False


def first_line(argv):
    """The first line a program prints, on either stream."""
    result = subprocess.run(argv, capture_output=True, text=True, timeout=20)
    lines = (result.stdout + result.stderr).strip().splitlines()
    return lines[0].split(" - http")[0].strip().removeprefix("nginx version: ") if lines else "unknown"


def descriptor_limit():
    """What the descriptor limit will be in a child."""
    return places.raise_descriptor_limit()
