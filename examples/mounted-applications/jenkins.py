#!/usr/bin/env python3
"""A small application that believes it lives at its own address, in two copies that do the same work.

It redirects to relative URLs, to paths, and to its own address; its cookie is for its own domain, signed, so that either
copy knows it.

    jenkins.py PORT NAME     0 picks a free port; the first line of output names it
"""

import hashlib
import hmac
import sys
from http import cookies
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

KEY = b"the same in both copies"
NAME = sys.argv[2]


def sign(user):
    return user + "." + hmac.new(KEY, user.encode(), hashlib.sha256).hexdigest()[:16]


class Application(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "Jetty/10.0"

    def user(self):
        jar = cookies.SimpleCookie(self.headers.get("Cookie", ""))
        value = jar["JSESSIONID"].value if "JSESSIONID" in jar else ""
        user = value.split(".")[0]
        return user if hmac.compare_digest(value, sign(user)) else None

    def answer(self, status, text="", **fields):
        body = text.encode()
        self.send_response(status)
        for name, value in fields.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("X-Node", NAME)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def cookie(self, value, more=""):
        host = self.headers["Host"].split(":")[0]
        return f"JSESSIONID={value}; Path=/; Domain={host}; HttpOnly{more}"

    def do_GET(self):
        path = urlsplit(self.path).path
        if path == "/login":
            return self.answer(200, "jenkins: who are you?\n")
        if path == "/logout":
            return self.answer(302, Location="/", Set_Cookie=self.cookie("", "; Max-Age=0"))
        if self.user() is None:
            return self.answer(302, Location="login" if path == "/" else "../" * (path.count("/") - 1) + "login")
        self.answer(
            200, f"jenkins: {self.user()} at {self.path}\ncookies: {self.headers.get('Cookie', '')}\n",
            X_Jenkins="2.4", Link=f'<http://{self.headers["Host"]}/api>; rel="service-desc"')

    do_HEAD = do_GET

    def do_POST(self):
        form = parse_qs(self.rfile.read(int(self.headers.get("Content-Length", 0))).decode())
        path = urlsplit(self.path).path
        if path == "/login":
            return self.answer(302, Location="/job/all/", Set_Cookie=self.cookie(sign(form["user"][0])))
        # A build was begun: where it is, by the server's own address.
        self.answer(201, "jenkins: begun\n", Location=f"http://{self.headers['Host']}{path}/1/")

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Application)
    print(f"listening on {server.server_port}", flush=True)
    server.serve_forever()
