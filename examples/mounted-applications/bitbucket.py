#!/usr/bin/env python3
"""A small application that believes it lives at http://its-host/: pages, a login, a cookie.

It keeps to the manners of older Java applications: its cookie is called JSESSIONID and is for `/`, and it redirects to
absolute URLs that it makes from the Host field.

    bitbucket.py PORT        0 picks a free port; the first line of output names it
"""

import sys
from http import cookies
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, quote, urlsplit


class Application(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "Bitbucket/8.9"

    def user(self):
        jar = cookies.SimpleCookie(self.headers.get("Cookie", ""))
        value = jar["JSESSIONID"].value if "JSESSIONID" in jar else ""
        return value.removeprefix("bitbucket-") if value.startswith("bitbucket-") else None

    def answer(self, status, text="", **fields):
        body = text.encode()
        self.send_response(status)
        for name, values in fields.items():
            for value in values if isinstance(values, list) else [values]:
                self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def absolute(self, path):
        return "http://" + self.headers["Host"] + path

    def do_GET(self):
        path = urlsplit(self.path).path
        if path == "/login":
            return self.answer(200, "bitbucket: who are you?\n")
        if path == "/logout":
            return self.answer(
                200, "bitbucket: goodbye\n", Refresh="0; url=/login",
                Set_Cookie="JSESSIONID=; Path=/; Max-Age=0; HttpOnly")
        if self.user() is None:
            return self.answer(302, Location=self.absolute("/login?next=" + quote(self.path)))
        if path == "/repos":
            return self.answer(
                200, f"bitbucket: repositories of {self.user()}\n", Content_Location="/repos?page=1",
                Link=['</repos?page=2>; rel="next", </>; rel="up"', "<https://cdn.example/a.css>; rel=preload"])
        self.answer(
            200, f"bitbucket: welcome {self.user()}, this is {self.path}\ncookies: {self.headers.get('Cookie', '')}\n")

    do_HEAD = do_GET

    def do_POST(self):
        form = parse_qs(self.rfile.read(int(self.headers.get("Content-Length", 0))).decode())
        if urlsplit(self.path).path != "/login":
            return self.answer(404, "bitbucket: no such page\n")
        self.answer(
            303, Location=self.absolute("/dashboard"),
            Set_Cookie=[f"JSESSIONID=bitbucket-{form['user'][0]}; Path=/; HttpOnly", "theme=dark; Path=/dashboard"])

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Application)
    print(f"listening on {server.server_port}", flush=True)
    server.serve_forever()
