"""Envoy, for the scenarios over TLS and HTTP/2: large bodies are held against the best of the peers, and there it may be the one.

Debian has no package of it. `Benchmarks/install-envoy` fetches the binary that its project publishes; without it, and without
`envoy` in PATH, the scenarios are measured without it.
"""

import json
import shutil
import subprocess

from . import places, shapes, tls

INSTALLED = places.OUT / "envoy" / "envoy"
TYPE = "type.googleapis.com/envoy.extensions"


def binary():
    """The program's path, or None."""
    found = shutil.which("envoy")
    return found or (str(INSTALLED) if INSTALLED.exists() else None)


class Envoy:
    """Envoy with settings for the least CPU: one worker, no access log, no request ids, no retries, no fields of its own."""

    name = "envoy"

    def version(self):
        """The version as the program tells it."""
        shown = subprocess.run([binary(), "--version"], capture_output=True, text=True, timeout=20).stdout
        return "/".join(shown.strip().rpartition(" ")[2].split("/")[1:2])

    def prepare(self, folder, port, origin_port, settings):
        """Writes the configuration (JSON is YAML) and returns the command."""
        path = folder / "envoy.json"
        path.write_text(json.dumps({
            "static_resources": {"listeners": [listener(port, settings)], "clusters": [cluster(origin_port, settings)]},
            # Counting to the outside is done every five seconds otherwise.
            "stats_flush_interval": "240s"}, indent=1))
        return [binary(), "-c", path, "--concurrency", settings.workers, "--disable-hot-restart", "-l", "error"]


def listener(port, settings):
    """Where clients come in."""
    chain = {"filters": [{"name": "http", "typed_config": connection_manager(settings)}]}
    if settings.certificate:
        chain["transport_socket"] = {"name": "tls", "typed_config": transport(settings)}
    address = {"socket_address": {"address": "127.0.0.1", "port_value": port}}
    return {"address": address, "filter_chains": [chain], "tcp_backlog_size": 4096}


def transport(settings):
    """TLS as the other proxies have it."""
    certificate = settings.certificate
    return {"@type": f"{TYPE}.transport_sockets.tls.v3.DownstreamTlsContext", "common_tls_context": {
        "alpn_protocols": ["h2", "http/1.1"] if settings.http2 else ["http/1.1"],
        "tls_params": {"tls_minimum_protocol_version": "TLSv1_2", "tls_maximum_protocol_version": "TLSv1_3",
                       "ecdh_curves": [tls.HYBRID, tls.CLASSIC, "P-256"]},
        "tls_certificates": [{"certificate_chain": {"filename": str(certificate.chain)},
                              "private_key": {"filename": str(certificate.key)}}]}}


def connection_manager(settings):
    """HTTP forwarded to the one cluster."""
    router = {"@type": f"{TYPE}.filters.http.router.v3.Router", "dynamic_stats": False, "suppress_envoy_headers": True}
    route = {"match": {"prefix": "/"}, "route": {"cluster": "origin", "timeout": "0s"}}
    return {"@type": f"{TYPE}.filters.network.http_connection_manager.v3.HttpConnectionManager", "stat_prefix": "public",
            "codec_type": "AUTO" if settings.http2 else "HTTP1", "generate_request_id": False, "stream_idle_timeout": "0s",
            "route_config": {"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": [route]}]},
            "http_filters": [{"name": "router", "typed_config": router}]}


def cluster(origin_port, settings):
    """The origin, with as many connections as clients ask for."""
    address = {"socket_address": {"address": "127.0.0.1", "port_value": origin_port}}
    limits = {"max_connections": 100_000, "max_pending_requests": 100_000, "max_requests": 100_000}
    endpoints = [{"lb_endpoints": [{"endpoint": {"address": address}}]}]
    made = {"name": "origin", "type": "STATIC", "connect_timeout": "5s", "circuit_breakers": {"thresholds": [limits]},
            "load_assignment": {"cluster_name": "origin", "endpoints": endpoints}}
    if settings.backend != shapes.HTTP1:
        name = "extensions.upstreams.http.v3.HttpProtocolOptions"
        made["typed_extension_protocol_options"] = {f"envoy.{name}": {
            "@type": f"type.googleapis.com/envoy.{name}", "explicit_http_config": {"http2_protocol_options": {}}}}
    return made
