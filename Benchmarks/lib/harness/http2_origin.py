"""The origin in HTTP/2: nghttpd with clear text, from files. For gRPC it sends trailers behind every answer."""

import subprocess

from . import places, shapes
from .stage import listens, wait_until

GRPC_PATH = "/bench.Greeter/SayHello.grpc"  # The ending gives it its content type.
GRPC_FIELDS = ["content-type: application/grpc", "te: trailers"]


def grpc_message(text_bytes):
    """A message of gRPC, not compressed, with one field of text."""
    text = b"x" * text_bytes
    message = bytes([0x0A, text_bytes]) + text
    return bytes([0]) + len(message).to_bytes(4, "big") + message


GRPC_MESSAGE = grpc_message(64)


class HTTP2Origins:
    """Starts what the scenarios ask for, once each."""

    def __init__(self, stage, cores, plain_port):
        self.stage, self.cores = stage, cores
        self.ports = {shapes.HTTP1: plain_port}

    def port(self, backend):
        """The port of the origin that speaks `backend`."""
        if backend not in self.ports:
            self.ports[backend] = start(self.stage, self.cores, backend)
        return self.ports[backend]


def start(stage, cores, backend):
    """Starts nghttpd and returns its port, which it cannot be asked for: another is tried when one was taken meanwhile."""
    words = [places.tool("nghttpd"), "--no-tls", "--address", "127.0.0.1", "--htdocs", write_files(stage.folder),
             "--mime-types-file", stage.folder / "mime.types"]
    if backend == shapes.GRPC:
        words += ["--trailer", "grpc-status: 0"]
    for _ in range(3):
        port = places.free_port()
        process = stage.start(f"nghttpd-{backend}", [*words, port], cores)
        wait_until(lambda: process.exited() or listens(port), 10, "nghttpd's start")
        if not process.exited():
            return port
        stage.stop(process)
    raise SystemExit(f"nghttpd does not start:\n{process.tail()}")


def write_files(folder):
    """What nghttpd answers with: the paths of origin.c that HTTP/2 scenarios ask for, and a gRPC message."""
    root = folder / "http2-origin"
    grpc = root / GRPC_PATH[1:]
    if not root.exists():
        grpc.parent.mkdir(parents=True)
        grpc.write_bytes(GRPC_MESSAGE)
        (root / "1k").write_bytes(b"x" * 1024)
        (folder / "mime.types").write_text("application/grpc grpc\n")
    return root


def check_grpc(port):
    """Raises unless a call through the proxy gets its message and its status in trailers, which the load does not look at."""
    words = [places.tool("nghttp"), "--verbose", "--data", places.body_file(GRPC_MESSAGE)]
    words += [f"--header={line}" for line in GRPC_FIELDS]
    shown = subprocess.run([str(word) for word in [*words, f"http://127.0.0.1:{port}{GRPC_PATH}"]], capture_output=True,
                           timeout=20).stdout.decode(errors="replace")
    wanted = [":status: 200", "content-type: application/grpc", "grpc-status: 0"]
    if not all(f") {line}" in shown for line in wanted):
        raise RuntimeError(f"no answer of gRPC through the proxy:\n{shown}")
