"""Connections that got one answer and then stay open, in clear text, over TLS, or in HTTP/2."""

import socket

from . import http2_client, places

REQUEST = b"GET /1k HTTP/1.1\r\nHost: bench\r\n\r\n"
BATCH = 50  # Connections opened and asked together while 10,000 are made.


def connections(stage, port, cores, settings):
    """None yet; `open` makes them."""
    if settings.certificate:
        return SecureConnections(stage, port, cores)
    return HTTP2Connections(port) if settings.http2 else PlainConnections(port)


class PlainConnections:
    """Held by this program."""

    def __init__(self, port):
        self.port, self.sockets = port, []

    def open(self, target):
        """Opens connections until there are `target`."""
        while len(self.sockets) < target:
            self.sockets += ask_on_new_connections(self.port, min(BATCH, target - len(self.sockets)))

    def check(self):
        """An idle connection must still be open, or its memory was not measured."""
        for connection in self.sockets:
            check_alive(connection)

    def close(self):
        """Ends them all."""
        for connection in self.sockets:
            connection.close()


class HTTP2Connections(PlainConnections):
    """The same, each with one stream that is over."""

    def open(self, target):
        """Opens connections until there are `target`."""
        while len(self.sockets) < target:
            count = min(BATCH, target - len(self.sockets))
            batch = [socket.create_connection(("127.0.0.1", self.port), timeout=10) for _ in range(count)]
            for connection in batch:
                connection.sendall(http2_client.get("/1k"))
            for connection in batch:
                http2_client.read_answer(connection, 1024)
            self.sockets += batch

    def check(self):
        """An idle connection must still be open, or its memory was not measured."""
        for connection in self.sockets:
            http2_client.check_alive(connection)


class SecureConnections:
    """Held by handshakes.c: 10,000 of them would be slow and large here."""

    def __init__(self, stage, port, cores):
        self.stage, self.count = stage, 0
        argv = [places.handshakes_binary(), "--port", port, "--hold", 1]
        self.process = stage.start("idle", argv, cores, pipe=True)

    def open(self, target):
        """Opens connections until there are `target`."""
        if target:
            self.count = self.ask(target)
        if self.count != target:
            raise RuntimeError(f"{self.count} of {target} connections could be opened:\n{self.process.tail()}")

    def check(self):
        """An idle connection must still be open, or its memory was not measured."""
        if self.ask("check") != self.count:
            raise RuntimeError("the proxy closed an idle connection")

    def ask(self, line):
        """One line there, one number back."""
        self.process.popen.stdin.write(f"{line}\n")
        self.process.popen.stdin.flush()
        return int(self.process.popen.stdout.readline() or 0)

    def close(self):
        """Ends them all."""
        self.stage.stop(self.process)


def ask_on_new_connections(port, count):
    """Opens connections, sends one request on each, reads the answers whole, and leaves the connections open."""
    batch = [socket.create_connection(("127.0.0.1", port), timeout=10) for _ in range(count)]
    for connection in batch:
        connection.sendall(REQUEST)
    for connection in batch:
        read_answer(connection)
    return batch


def read_answer(connection):
    """Reads a 200 with its 1 KiB body."""
    data = b""
    while len(data.partition(b"\r\n\r\n")[2]) < 1024:
        piece = connection.recv(65536)
        if not piece:
            raise RuntimeError("the proxy closed a connection that should stay idle")
        data += piece
    if not data.startswith(b"HTTP/1.1 200 "):
        raise RuntimeError(f"unexpected answer: {data[:60]!r}")


def check_alive(connection):
    """Raises unless the connection is open and silent."""
    connection.setblocking(False)
    try:
        if connection.recv(1) == b"":
            raise RuntimeError("the proxy closed an idle connection")
    except BlockingIOError:
        pass
