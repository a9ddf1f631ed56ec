"""A small client for exact numbers of requests: one after the other, each answer read whole before the next request."""

import socket
from dataclasses import dataclass, field

from . import tls


@dataclass
class Request:
    """One kind of request."""

    path: str = "/1k"
    method: str = "GET"
    fields: list = field(default_factory=list)
    body: bytes = b""
    close: bool = False  # a connection per request

    def encoded(self):
        """The bytes to send, in one piece."""
        lines = [f"{self.method} {self.path} HTTP/1.1", "Host: bench", *self.fields]
        if self.close:
            lines.append("Connection: close")
        if self.body:
            lines.append(f"Content-Length: {len(self.body)}")
        return "\r\n".join([*lines, "", ""]).encode() + self.body


class Connection:
    """One client connection."""

    def __init__(self, port, seconds=60, secure=False):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=seconds)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if secure:
            self.socket = tls.over(self.socket)
        self.buffer = bytearray(1 << 20)

    def exchange(self, request_bytes):
        """Sends one request and reads its answer to the end; anything but a whole 200 is an error."""
        self.socket.sendall(request_bytes)
        head, rest = self.read_head()
        if b"transfer-encoding: chunked" in head.lower():
            self.read_chunked(rest)
        else:
            self.read_counted(content_length(head) - len(rest))

    def read_head(self):
        """(head, what came behind it)"""
        data = b""
        while b"\r\n\r\n" not in data:
            data += self.receive()
        if not data.startswith(b"HTTP/1.1 200 "):
            raise RuntimeError(f"unexpected answer: {data[:60]!r}")
        head, _, rest = data.partition(b"\r\n\r\n")
        return head, rest

    def read_counted(self, left):
        """Reads and drops the rest of a counted body."""
        while left > 0:
            count = self.socket.recv_into(self.buffer, min(left, len(self.buffer)))
            if count == 0:
                raise RuntimeError("the answer was cut")
            left -= count

    def read_chunked(self, data):
        """Reads a chunked body to its end. The origin's chunks hold letters only, so their end is plain to see."""
        while not data.endswith(b"0\r\n\r\n"):
            data += self.receive()

    def receive(self):
        """The next bytes; the end of the connection is an error."""
        data = self.socket.recv(65536)
        if not data:
            raise RuntimeError("the connection was closed")
        return data

    def close(self):
        """Ends the connection."""
        self.socket.close()


def content_length(head):
    """The Content-Length of an answer's head."""
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    raise RuntimeError(f"no length in {head!r}")


def drive(port, request, count, connections=1, secure=False):
    """Sends exactly `count` requests, in turn over `connections` connections, or each on its own if it closes."""
    data = request.encoded()
    if request.close:
        for _ in range(count):
            once(port, data, secure)
        return
    lanes = [Connection(port, secure=secure) for _ in range(connections)]
    for i in range(count):
        lanes[i % connections].exchange(data)
    for lane in lanes:
        lane.close()


def once(port, data, secure):
    """One exchange on a connection of its own, read until the proxy closes it."""
    connection = Connection(port, secure=secure)
    connection.exchange(data)
    if connection.socket.recv(1):
        raise RuntimeError("bytes behind the answer")
    connection.close()
