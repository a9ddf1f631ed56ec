"""What a proxy's configuration holds besides the plain case: many routes, many sites, many servers, and how they share.

The request that is measured meets the middle one of the routes or sites, so that whoever scans them shows it.
"""

from dataclasses import dataclass

PATH = "/1k"
HOST = "bench"
# What the servers speak. GRPC is HTTP/2 with trailers.
HTTP1, HTTP2, GRPC = "h1", "h2", "grpc"


@dataclass(frozen=True)
class Shape:
    """Counts of 1 are the plain case. `method` is Gatehouse's name of a balancing method."""

    routes: int = 1
    sites: int = 1
    servers: int = 1
    method: str = "round_robin"

    def origins(self, port):
        """The servers' addresses: one origin under many names of the loopback network."""
        return [f"127.0.0.{number}:{port}" for number in range(1, self.servers + 1)]

    def paths(self):
        """Every route's path but the measured one's; None stands where that belongs."""
        return with_gap([f"/route-{number:05}/" for number in range(1, self.routes)])

    def hosts(self):
        """Every site's host but the measured one's; None stands where that belongs."""
        return with_gap([f"site-{number:05}.example.com" for number in range(1, self.sites)])


def with_gap(items):
    """The items with None in their middle."""
    middle = len(items) // 2
    return [*items[:middle], None, *items[middle:]]


def gatehouse_servers(shape, port, backend):
    """The servers, what they speak, and the method of an upstream."""
    servers = ", ".join(f'"http://{origin}"' for origin in shape.origins(port))
    method = "{ method: hash, key: path }" if shape.method == "hash" else shape.method
    protocol = "" if backend == HTTP1 else "\n    protocol: h2"
    return f"servers: [{servers}]\n    balance: {method}{protocol}"


def gatehouse_sites(shape):
    """The sites with their routes."""
    if shape.routes == 1 and shape.sites == 1:
        return "  - routes:\n      - proxy: origin\n"
    routes = "".join(
        f"      - {{ match: {{ path: {path + '*' if path else PATH} }}, proxy: origin }}\n" for path in shape.paths())
    sites = (f"  - hosts: [{host or HOST}]\n    routes:\n{routes}" for host in shape.hosts())
    return "".join(sites) if shape.sites > 1 else f"  - routes:\n{routes}"


# nginx and HAProxy by Gatehouse's names; what a peer does not have is left out of its measurement.
NGINX_METHODS = {
    "round_robin": "", "least_requests": "least_conn;", "random": "random;", "hash": "hash $uri consistent;",
}
HAPROXY_METHODS = {
    "round_robin": "balance roundrobin", "least_requests": "balance leastconn", "random": "balance random",
    "hash": "balance uri\n    hash-type consistent", "first": "balance first",
}


def nginx_upstream(shape, port):
    """The method and the servers of an upstream block."""
    servers = "\n        ".join(f"server {origin};" for origin in shape.origins(port))
    return f"{NGINX_METHODS[shape.method]}\n        {servers}"


def nginx_servers(shape, listen, locations):
    """The server blocks. Prefixes are found in a tree, names in a hash table."""
    others = "\n        ".join(f"location {path} {{ proxy_pass http://origin; }}" for path in shape.paths() if path)
    if shape.sites == 1:
        return f"server {{\n        listen {listen};\n        {others}\n        {locations}\n    }}"
    blocks = (f"server {{ listen {listen if first else listen.split()[0]}; server_name {host or HOST}; {locations} }}"
              for first, host in zip([True] + [False] * shape.sites, shape.hosts()))
    return ("server_names_hash_max_size 65536;\n    server_names_hash_bucket_size 128;\n    "
            + "\n    ".join(blocks))


def haproxy_frontend(shape, folder):
    """How the frontend chooses a backend: by a map, which is a tree, rather than by a rule for each."""
    if shape.routes > 1:
        (folder / "routes.map").write_text(
            "".join(f"{path or PATH} origin\n" for path in shape.paths()))
        return f"use_backend %[path,map_beg({folder}/routes.map)]"
    if shape.sites > 1:
        (folder / "hosts.map").write_text("".join(f"{host or HOST} origin\n" for host in shape.hosts()))
        return f"use_backend %[req.hdr(host),lower,map_str({folder}/hosts.map)]"
    return "default_backend origin"


def haproxy_servers(shape, port, backend):
    """The method and the servers of a backend."""
    protocol = "" if backend == HTTP1 else " proto h2"
    servers = "\n    ".join(
        f"server origin{number} {origin} pool-max-conn -1 pool-purge-delay 300s{protocol}"
        for number, origin in enumerate(shape.origins(port), 1))
    return f"{HAPROXY_METHODS[shape.method]}\n    {servers}"


def has(proxy_name, shape):
    """Whether a proxy can be set up so."""
    methods = {"nginx": NGINX_METHODS, "haproxy": HAPROXY_METHODS}.get(proxy_name)
    return methods is None or shape.method in methods
