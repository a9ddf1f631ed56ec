"""As much of HTTP/2's client as it takes to send one request in clear text and to read its answer. RFC 9113."""

DATA, HEADERS, SETTINGS, PING, GOAWAY = 0, 1, 4, 6, 7
END_STREAM, ACKNOWLEDGEMENT, END_HEADERS = 1, 1, 4
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


def frame(kind, flags=0, stream=0, payload=b""):
    """One frame's bytes."""
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def get(path, host="bench"):
    """A connection's first bytes: preface, settings, and a GET whose fields no table takes (RFC 7541 §6.2.2)."""
    fields = {":method": "GET", ":scheme": "http", ":authority": host, ":path": path}
    block = b"".join(bytes([0, len(name)]) + name.encode() + bytes([len(value)]) + value.encode()
                     for name, value in fields.items())
    return PREFACE + frame(SETTINGS) + frame(HEADERS, END_STREAM | END_HEADERS, 1, block)


def read_answer(connection, body_bytes):
    """Reads to the end of the stream, and acknowledges what asks for it. The answer must have so long a body."""
    got = 0
    while True:
        kind, flags, payload = read_frame(connection)
        if kind in (SETTINGS, PING) and not flags & ACKNOWLEDGEMENT:
            connection.sendall(frame(kind, ACKNOWLEDGEMENT, payload=payload if kind == PING else b""))
        got += len(payload) if kind == DATA else 0
        if kind == GOAWAY:
            raise RuntimeError("the proxy says GOAWAY on a connection that should stay idle")
        if kind in (DATA, HEADERS) and flags & END_STREAM:
            break
    if got != body_bytes:
        raise RuntimeError(f"an answer of {got} bytes, not {body_bytes}")


def read_frame(connection):
    """(type, flags, payload)"""
    head = read_exactly(connection, 9)
    return head[3], head[4], read_exactly(connection, int.from_bytes(head[:3], "big"))


def read_exactly(connection, count):
    """So many bytes; the end of the connection is an error."""
    data = b""
    while len(data) < count:
        piece = connection.recv(count - len(data))
        if not piece:
            raise RuntimeError("the proxy closed a connection that should stay idle")
        data += piece
    return data


def check_alive(connection):
    """Raises unless the connection is open. What came behind the answer is no GOAWAY: acknowledgements, PING."""
    connection.setblocking(False)
    data = b""
    try:
        while piece := connection.recv(4096):
            data += piece
        raise RuntimeError("the proxy closed an idle connection")
    except BlockingIOError:
        pass
    while data:
        if data[3] == GOAWAY:
            raise RuntimeError("the proxy ends an idle connection")
        data = data[9 + int.from_bytes(data[:3], "big"):]
