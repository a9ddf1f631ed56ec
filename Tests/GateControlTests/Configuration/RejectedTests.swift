import GateConfig
import GateControl
import Testing

@Suite("Configuration mistakes")
struct RejectedTests {
    @Test(
        "at the top level",
        arguments: [
            ("workers: 0", "t:3:10: error: `0` is out of range; write a whole number from 1 to 256"),
            ("workers: 257", "t:3:10: error: `257` is out of range; write a whole number from 1 to 256"),
            ("shutdown_timeout: off", "t:3:19: error: expected a duration such as `30s`, found `off`"),
            ("trusted_proxies: 10.0.0.0/8", "t:3:18: error: expected a list, found `10.0.0.0/8`; write `[10.0.0.0/8]`"),
            (
                "trusted_proxies: [all]",
                "t:3:19: error: expected an IP address or block such as `10.0.0.0/8`, found `all`"
            ),
            ("upstream: {}", "t:3:1: error: unknown key `upstream`; did you mean `upstreams`?"),
            ("timeouts: 5s", "t:3:11: error: expected a mapping of timeouts keys, found `5s`"),
            (
                "upstreams: [a]",
                "t:3:12: error: expected a mapping from a name to a mapping of upstream keys, found a list"
            ),
            ("log: off", "t:3:6: error: expected a mapping of log keys, found `off`"),
            ("limits: { heads: 1KiB }", "t:3:11: error: unknown key `heads`; did you mean `head`?"),
            ("limits: { head: 1 }", "t:3:17: error: `1` is out of range; write `256` to `16MiB`"),
            ("timeouts: { head: off }", "t:3:19: error: expected a duration such as `30s`, found `off`"),
            ("timeouts:", "t:3:1: error: `timeouts` has no value; write one or remove the key"),
            (
                "limits: { connections: 0 }",
                "t:3:24: error: `0` is out of range; write a whole number from 1 to 1000000000"
            ),
        ])
    func top(text: String, message: String) {
        #expect(findings(base + text + "\n") == [message])
    }

    @Test("a file without listeners", arguments: ["", "workers: 1\n", "x-listeners: []\n"])
    func noListeners(text: String) {
        #expect(
            findings(text) == [
                "t:1:1: error: the configuration lacks `listeners`, such as `listeners: [{ address: \":8080\" }]`"
            ])
    }

    @Test(
        "of a listener",
        arguments: [
            ("name: a", "t:2:5: error: the listener lacks `address`, such as `address: \":8080\"`"),
            ("address: 80", "t:2:16: error: `80` lacks its colon; write `:80` for every address"),
            (
                "address: ':80', name: 'a b'",
                "t:2:29: error: `a b` is no name; use 1 to 64 letters, digits, `-`, `_` and `.`"
            ),
            ("address: ':80', protocols: [h1, h3]", "t:2:39: error: `h3` is not supported yet; write `h1` or `h2`"),
            (
                "address: ':80', http2: { streams: 5 }",
                "t:2:23: error: `http2` has no effect here: this listener does not speak it; write `protocols: [h1, h2]`, or "
                    + "remove `http2`"
            ),
            (
                "address: ':80', protocols: [h2], http2: { stream_window: 64KiB, stream_window_max: 32KiB }",
                "t:2:90: error: `stream_window_max` is less than `stream_window`, from which it grows; write at least as much"
            ),
            (
                "address: ':80', protocols: [h2], http2: { streams: 0 }",
                "t:2:58: error: `0` is out of range; write a whole number from 1 to 2000"
            ),
            ("address: ':80', protocols: []", "t:2:34: error: the list is empty; write at least one element"),
            ("address: ':80', protocols: [http]", "t:2:35: error: `http` is not known here; write `h1` or `h2`"),
            (
                "address: ':80', proxy_protocol: { from: [] }",
                "t:2:47: error: the list is empty; write at least one element"
            ),
            (
                "address: ':80', proxy_protocol: {}",
                "t:2:39: error: the proxy_protocol lacks `from`, such as `from: [10.0.0.0/24]`"
            ),
            (
                "address: ':80', proxy_protocol: true",
                "t:2:39: error: expected a mapping of proxy_protocol keys, found `true`"
            ),
            (
                "address: ':80', underscore_fields: refuse",
                "t:2:42: error: `refuse` is not known here; write `drop` or `allow`"
            ),
            (
                "address: ':80', backlog: 65536",
                "t:2:32: error: `65536` is out of range; write a whole number from 1 to 65535"
            ),
            ("address: ':80', redirect_to_https: 1", "t:2:42: error: expected `true` or `false`, found `1`"),
            ("address: ':80', tcp_keepalive: 10ms", "t:2:38: error: `10ms` is out of range; write `1s` to `1d`"),
            (
                "address: ':80', mode: '0660'",
                "t:2:23: error: `mode` has no effect here: only a Unix socket (`address: unix:/path`) has a file mode; remove it"
            ),
            (
                "address: 'unix:/a', tcp_keepalive: 10s",
                "t:2:27: error: `tcp_keepalive` has no effect here: a Unix socket has no TCP; remove it"
            ),
            (
                "address: 'unix:/a', mode: '0888'",
                "t:2:33: error: `0888` is no file mode; write three octal digits with a leading zero, such as `\"0660\"`"
            ),
            (
                "address: ':80', timeouts: { connect: 1s }",
                "t:2:35: error: `connect` has no effect here; it belongs in `timeouts` of an upstream, a site, a route, or at the top level"
            ),
            (
                "address: ':80', timeouts: { request: 1s }",
                "t:2:35: error: `request` has no effect here; it belongs in `timeouts` of a site, a route, or at the top level"
            ),
            (
                "address: ':80', limits: { body: 1 }",
                "t:2:33: error: `body` has no effect here; it belongs in `limits` of a site, a route, or at the top level"
            ),
        ])
    func listeners(keys: String, message: String) {
        #expect(findings("listeners:\n  - { \(keys) }\n") == [message])
    }

    @Test(
        "of an upstream",
        arguments: [
            ("{}", "t:3:19: error: the upstream lacks `servers`, such as `servers: [http://10.0.0.1:8080]`"),
            ("{ servers: [] }", "t:3:30: error: the list is empty; write at least one element"),
            ("{ servers: http://a }", "t:3:30: error: expected a list, found `http://a`; write `[http://a]`"),
            ("{ servers: [a:80] }", "t:3:31: error: expected a URL such as `http://127.0.0.1:3000`, found `a:80`"),
            (
                "{ servers: ['http://a'], tls: { name: a } }",
                "t:3:44: error: `tls` has no effect: none of the servers has `https://`; write it or remove `tls`"
            ),
            (
                "{ servers: ['https://a'], tls: { min_version: '1.3', max_version: '1.2' } }",
                "t:3:65: error: `min_version` is newer than `max_version`; make it older"
            ),
            (
                "{ servers: ['https://a'], tls: { name: a_b/c } }",
                "t:3:58: error: `a_b/c` is neither a DNS name nor an address"
            ),
            (
                "{ servers: ['https://a'], tls: { sni: 192.0.2.1 } }",
                "t:3:57: error: `192.0.2.1` is no DNS name, and SNI knows nothing else; write one, or `off`"
            ),
            (
                "{ servers: ['https://a'], tls: { ca: nowhere.pem } }",
                "t:3:56: error: `nowhere.pem` cannot be read: there is no such file"
            ),
            (
                "{ servers: ['http://a/b'] }",
                "t:3:31: error: `http://a/b` has a path; the request's own path is sent, and rewriting it is not supported yet, so remove the path"
            ),
            (
                "{ servers: ['http://a/?b'] }",
                "t:3:31: error: `http://a/?b` has a query, which cannot be added to requests; remove it"
            ), ("{ servers: ['http://a:0'] }", "t:3:31: error: `http://a:0` has no valid port; write 1 to 65535"),
            (
                "{ servers: [{ weight: 1 }] }",
                "t:3:31: error: the server lacks `url`, such as `url: http://10.0.0.2:8080`"
            ),
            (
                "{ servers: [{ url: 'http://a', weight: 257 }] }",
                "t:3:58: error: `257` is out of range; write a whole number from 0 to 256"
            ),
            (
                "{ servers: ['http://a'], protocol: auto }",
                "t:3:54: error: `auto` goes by the TLS handshake, and none of the servers has `https://`; write `h2` for "
                    + "HTTP/2 in clear text, or `h1`"
            ),
            (
                "{ servers: ['http://a'], protocol: h2, proxy_protocol: v1 }",
                "t:3:54: error: `h2` connections are shared by all clients, and a PROXY header speaks of one; write "
                    + "`protocol: h1`, or remove `proxy_protocol`"
            ),
            (
                "{ servers: ['http://a'], http2: { streams: 1 } }",
                "t:3:44: error: `http2` has no effect: the servers are spoken to by HTTP/1.1; write `protocol: h2`, or "
                    + "remove `http2`"
            ),
            (
                "{ servers: ['http://a'], protocol: h2, http2: { streams: 0 } }",
                "t:3:76: error: `0` is out of range; write a whole number from 1 to 1000"
            ),
            (
                "{ servers: ['http://a'], balance: least_connections }",
                "t:3:53: error: `least_connections` is not known here; write `round_robin`, `least_requests`, `least_time`, `random`, `hash` or `first`"
            ),
            (
                "{ servers: ['http://a'], balance: roundrobin }",
                "t:3:53: error: `roundrobin` is not known here; did you mean `round_robin`?"
            ),
            (
                "{ servers: ['http://a'], balance: { method: first, key: path } }",
                "t:3:75: error: `key` has a meaning for `method: hash` only; remove it"
            ),
            (
                "{ servers: ['http://a'], sticky: { key: short } }",
                "t:3:59: error: `short` is too short to be a secret; write 16 bytes or more"
            ),
            (
                "{ servers: ['http://a'], sticky: { path: '/a;b' } }",
                "t:3:60: error: `/a;b` has a space or another character that a cookie's path may not hold"
            ),
            (
                "{ servers: ['http://a'], queue: { length: 0 } }",
                "t:3:61: error: `0` is out of range; write a whole number from 1 to 1000000"
            ),
            (
                "{ servers: ['http://a'], balance: { key: path } }",
                "t:3:53: error: the balance lacks `method`, such as `method: hash`"
            ),
            (
                "{ servers: ['http://a'], balance: { method: hash, key: { cookie: a b } } }",
                "t:3:84: error: `a b` is no name of a cookie (RFC 6265 §4.1.1)"
            ),
            (
                "{ servers: ['http://a'], balance: { method: hash, max_load: 100% } }",
                "t:3:79: error: `100%` is out of range; write `101%` to `1000%`"
            ),
            (
                "{ servers: [{ url: 'http://a', drain: maybe }] }",
                "t:3:57: error: expected `true` or `false`, found `maybe`"
            ),
            (
                "{ servers: ['http://a'], health: { path: healthz } }",
                "t:3:60: error: `healthz` does not begin with `/`; write `/healthz`"
            ),
            (
                "{ servers: ['http://a'], health: { type: tcp, path: / } }",
                "t:3:65: error: `path` is for `type: http`, and this check is `tcp`; remove it"
            ),
            (
                "{ servers: ['http://a'], health: { fields: { Host: a } } }",
                "t:3:64: error: `Host` has a key of its own; write `host`"
            ),
            (
                "{ servers: ['http://a'], health: { method: HEAD, body: a } }",
                "t:3:52: error: an answer to HEAD has no body; write another `method` or remove `body`"
            ),
            (
                "{ servers: ['http://a'], retries: { attempts: 11 } }",
                "t:3:65: error: `11` is out of range; write a whole number from 0 to 10"
            ),
            (
                "{ servers: ['http://a'], retries: { on: [conect] } }",
                "t:3:60: error: `conect` is not known here; did you mean `connect`?"
            ),
            (
                "{ servers: ['http://a'], retries: { on: [5yy] } }",
                "t:3:60: error: `5yy` is no status; write one such as `503`, `5xx` or `500-504`"
            ),
            (
                "{ servers: ['http://a'], hedge: {} }",
                "t:3:51: error: the hedging lacks `after`, such as `after: 200ms`"
            ),
            ("{ servers: ['http://a'], retries: { budget: 20 } }", "t:3:63: error: `20` lacks its sign; write `20%`"),
            (
                "{ servers: ['http://a'], passive: { statuses: [600] } }",
                "t:3:66: error: `600` is no status; write one such as `503`, `5xx` or `500-504`"
            ),
            (
                "{ servers: ['http://a'], passive: { latency: { factor: 100% } } }",
                "t:3:74: error: `100%` is out of range; write `110%` to `10000%`"
            ),
            (
                "{ servers: ['http://a'], adaptive_concurrency: { min: 30 } }",
                "t:3:66: error: `min` 30, `initial` 20 and `max` 1000 are not in order; write them so that none is less than "
                    + "the one before"
            ),
            ("{ servers: ['http://a'], passive: on }", "t:3:53: error: expected a mapping of passive keys, found `on`"),
            (
                "{ servers: ['http://a'], proxy_protocol: v3 }",
                "t:3:60: error: `v3` is not known here; did you mean `v1`?"
            ),
            (
                "{ servers: ['http://a'], timeouts: { idle: 1s } }",
                "t:3:56: error: `idle` has no effect here; it belongs in `timeouts` of a listener, or at the top level"
            ),
            (
                "{ servers: ['http://a'], limits: { head: 1KiB } }",
                "t:3:54: error: `head` has no effect here; it belongs in `limits` of a listener, or at the top level"
            ),
            (
                "{ servers: ['http://a'], idle_connections: -1 }",
                "t:3:62: error: `-1` is out of range; write a whole number from 0 to 65536"
            ),
            (
                "{ servers: ['http://a'], host: sever }",
                "t:3:50: error: `sever` is not known here; did you mean `server`?"
            ),
            (
                "{ servers: ['http://a'], host: 'a b' }",
                "t:3:50: error: `a b` is no host; write `keep`, `server`, or a host such as `app.internal`"
            ),
        ])
    func upstreams(keys: String, message: String) {
        let text =
            "listeners: [{ address: \":1\" }]\nsites: [{ routes: [{ proxy: app }] }]\nupstreams: { app: \(keys) }\n"
        #expect(findings(text) == [message])
    }

    @Test("an upstream's name that is none")
    func upstreamName() {
        let text = base + "upstreams: { 'a b': { servers: [http://a] } }\n"
        #expect(findings(text) == ["t:3:14: error: `a b` is no name; use 1 to 64 letters, digits, `-`, `_` and `.`"])
    }

    @Test(
        "of a site",
        arguments: [
            ("hosts: [a.b]", "t:3:5: error: the site lacks `routes`"),
            ("hosts: [], routes: [{ respond: 200 }]", "t:3:14: error: the list is empty; write at least one element"),
            ("routes: []", "t:3:15: error: the list is empty; write at least one element"),
            (
                "routes: [{ respond: 200 }], proxy: a",
                "t:3:35: error: `proxy` has no effect here; it belongs in an entry of `routes`"
            ),
            (
                "hosts: 'a.b:80', routes: [{ respond: 200 }]",
                "t:3:14: error: `a.b:80` has a port; write the host name alone, as a site answers on every listener"
            ),
            ("hosts: '*', routes: [{ respond: 200 }]", "t:3:14: error: `*` is every host; leave the key out instead"),
            (
                "hosts: 'a*.b', routes: [{ respond: 200 }]",
                "t:3:14: error: `a*.b` has `*` in the wrong place; write `*.example.com`"
            ),
            (
                "hosts: 'http://a', routes: [{ respond: 200 }]",
                "t:3:14: error: `http://a` is a URL; write only the host name"
            ), ("hosts: 'a.', routes: [{ respond: 200 }]", "t:3:14: error: `a.` ends with a dot; remove it"),
            (
                "hosts: 'b\u{fc}cher.de', routes: [{ respond: 200 }]",
                "t:3:14: error: `b\u{fc}cher.de` has letters beyond ASCII; write the name's `xn--` form"
            ),
            ("hosts: '::1', routes: [{ respond: 200 }]", "t:3:14: error: `::1` lacks brackets; write `[::1]`"),
            (
                "hosts: 'a..b', routes: [{ respond: 200 }]",
                "t:3:14: error: `a..b` is no host name; write labels of letters, digits and `-` joined by dots"
            ),
            (
                "hosts: '1.2.3', routes: [{ respond: 200 }]",
                "t:3:14: error: `1.2.3` is no host name; write labels of letters, digits and `-` joined by dots"
            ),
            (
                "timeouts: { head: 1s }, routes: [{ respond: 200 }]",
                "t:3:19: error: `head` has no effect here; it belongs in `timeouts` of a listener, or at the top level"
            ),
            (
                "limits: { connections: 1 }, routes: [{ respond: 200 }]",
                "t:3:17: error: `connections` has no effect here; it belongs in `limits` of a listener, or at the top level"
            ),
            ("routes: { respond: 200 }", "t:3:15: error: expected a list, found a mapping"),
        ])
    func sites(keys: String, message: String) {
        #expect(findings("listeners: [{ address: \":1\" }]\nsites:\n  - { \(keys) }\n") == [message])
    }

    @Test(
        "of a route",
        arguments: [
            (
                "name: a",
                "t:4:9: error: the route lacks what it does: write one of `proxy`, `split`, `respond` or `redirect`, or `routes`"
            ),
            ("respond: 200, redirect: /", "t:4:25: error: `redirect` cannot stand beside `respond`; keep one of them"),
            ("respond: 199", "t:4:20: error: `199` is out of range; write a whole number from 200 to 599"),
            ("respond: ok", "t:4:20: error: expected a whole number from 200 to 599, found `ok`"),
            (
                "respond: { status: 204, body: x }",
                "t:4:41: error: an answer with status 204 has no body; remove `body`"
            ),
            (
                "respond: { fields: { Content-Length: '1' } }",
                "t:4:32: error: `Content-Length` is made by Gatehouse itself; remove it"
            ),
            (
                "respond: { fields: { content-type: a } }",
                "t:4:32: error: `content-type` has a key of its own; write `content_type`"
            ),
            ("respond: { fields: { 'a b': c } }", "t:4:32: error: `a b` is no field name; use letters, digits and `-`"),
            (
                "respond: { fields: { a: \"b\\r\\nc: d\" } }",
                "t:4:35: error: `b\\u{d}\\u{a}c: d` has characters that a field value may not hold"
            ),
            (
                "redirect: example.com",
                "t:4:21: error: `example.com` is neither a URL nor a path; write `https://host/path` or `/path`"
            ),
            (
                "redirect: //example.com",
                "t:4:21: error: `//example.com` begins with `//`, which names a host; write `https://` or one `/`"
            ),
            ("redirect: { to: /, status: 300 }", "t:4:38: error: `300` is not known here; did you mean `301`?"),
            (
                "redirect: { status: 301 }",
                "t:4:21: error: the redirect lacks `to`, such as `to: https://example.com/new`"
            ),
            (
                "redirect: \"/a\\r\\nb\"",
                "t:4:21: error: `/a\\u{d}\\u{a}b` has a space or another character that URLs may not hold; percent-encode it"
            ),
            ("proxy: app", "t:4:18: error: there is no upstream `app`; none is defined"),
            ("proxy: { too: a }", "t:4:20: error: unknown key `too`; did you mean `to`?"),
            ("proxy: [a]", "t:4:18: error: expected a mapping of proxy keys, found a list"),
            ("match: { path: a }, respond: 200", "t:4:26: error: `a` does not begin with `/`; put one before it"),
            (
                "match: { path: /a**/b }, respond: 200",
                "t:4:26: error: `/a**/b` has `**` beside other text; it stands for whole segments, as in `/a/**/b`"
            ),
            (
                "match: { path: { regex: '^/u/(' } }, respond: 200",
                "t:4:35: error: `^/u/(` is no regular expression: missing closing parenthesis (at byte 5 of it)"
            ),
            ("match: { path: { regx: a } }, respond: 200", "t:4:28: error: unknown key `regx`; did you mean `regex`?"),
            (
                "match: { host: { regex: '[a' } }, respond: 200",
                "t:4:35: error: `[a` is no regular expression: missing terminating ] for character class (at byte 2 of it)"
            ),
            ("match: { method: get }, respond: 200", "t:4:28: error: `get` is not in capitals; write `GET`"),
            ("match: { method: 'G T' }, respond: 200", "t:4:28: error: `G T` is no method; write one such as `GET`"),
            (
                "match: { listener: other }, respond: 200",
                "t:4:30: error: there is no listener name `other`; none is defined"
            ),
            (
                "match: { client: [nowhere] }, respond: 200",
                "t:4:29: error: expected an IP address or block such as `10.0.0.0/8`, found `nowhere`"
            ),
            (
                "match: { field: { 'a b': c } }, respond: 200",
                "t:4:29: error: `a b` is no field name; use letters, digits and `-`"
            ),
            (
                "match: { field: { Cookie: c } }, respond: 200",
                "t:4:29: error: `Cookie` has a condition of its own; write `cookie: { name: value }`"
            ),
            (
                "match: { field: { a: { prefix: b, suffix: c } } }, respond: 200",
                "t:4:45: error: `suffix` cannot stand beside `prefix`; keep one of them"
            ),
            (
                "match: { query: { a: { regex: '(' } } }, respond: 200",
                "t:4:41: error: `(` is no regular expression: missing closing parenthesis (at byte 1 of it)"
            ),
            (
                "match: { cookie: { 'a=b': c } }, respond: 200",
                "t:4:30: error: `a=b` is no cookie name; use letters, digits, `-` and `_`"
            ),
            ("match: { any: [] }, respond: 200", "t:4:25: error: the list is empty; write at least one element"),
            (
                "match: { not: { paht: /a } }, respond: 200", "t:4:27: error: unknown key `paht`; did you mean `path`?"
            ),
            ("split: []", "t:4:18: error: the list is empty; write at least one element"),
            (
                "split: [{ proxy: 'http://a', weight: 0 }]",
                "t:4:18: error: every weight is 0, so that nobody goes anywhere; raise one"
            ),
            ("split: [{ proxy: b, weight: 1 }]", "t:4:28: error: there is no upstream `b`; none is defined"),
            (
                "split: [{ proxy: 'http://a' }]",
                "t:4:19: error: the split choice lacks `weight`, such as `weight: 5`"
            ),
            (
                "split: { to: [{ proxy: 'http://a', weight: 1 }], sticky: 'a b' }",
                "t:4:68: error: `a b` is no name of a cookie (RFC 6265 §4.1.1)"
            ),
            (
                "respond: 200, mirror: 'http://a'",
                "t:4:25: error: `mirror` has no effect here: only a `proxy` route forwards; remove it"
            ),
            (
                "proxy: 'http://a', mirror: { to: 'http://b', share: 101% }",
                "t:4:63: error: `101%` is out of range; write `0%` to `100%`"
            ),
            ("routes: []", "t:4:19: error: the list is empty; write at least one element"),
            (
                "routes: [{ match: { path: /a } }]",
                "t:4:20: error: the route lacks what it does: write one of `proxy`, `split`, `respond` or `redirect`, or `routes`"
            ),
            (
                "match: { path: '/a?b' }, respond: 200",
                "t:4:26: error: `/a?b` has a query; a route matches on the path alone"
            ),
            (
                "match: { path: /a//b }, respond: 200",
                "t:4:26: error: `/a//b` has `//`, which requests never have once normalised; write one `/`"
            ),
            (
                "match: { path: /a/../b }, respond: 200",
                "t:4:26: error: `/a/../b` has a dot segment, which requests never have once normalised; write the path that it means"
            ),
            (
                "match: { path: '/%zz' }, respond: 200",
                "t:4:26: error: `/%zz` has a `%` without two hexadecimal digits, or a control character"
            ), ("match: { paht: /a }, respond: 200", "t:4:20: error: unknown key `paht`; did you mean `path`?"),
            (
                "match: { host: 'a:1' }, respond: 200",
                "t:4:26: error: `a:1` has a port; write the host name alone, as a site answers on every listener"
            ),
            (
                "respond: 200, upgrade: []",
                "t:4:25: error: `upgrade` has no effect here: only a `proxy` route forwards; remove it"
            ),
            (
                "respond: 200, timeouts: { connect: 1s }",
                "t:4:37: error: `connect` has no effect here: only a `proxy` route forwards; remove it"
            ),
            (
                "proxy: 'http://a', upgrade: [h2c]",
                "t:4:40: error: `h2c` is never passed on, as it would hide requests from Gatehouse; remove it"
            ),
            ("proxy: 'http://a', encoded: [slahs]", "t:4:40: error: `slahs` is not known here; did you mean `slash`?"),
            (
                "proxy: 'http://a', timeouts: { head: 1s }",
                "t:4:42: error: `head` has no effect here; it belongs in `timeouts` of a listener, or at the top level"
            ),
        ])
    func routes(keys: String, message: String) {
        #expect(findings("listeners: [{ address: \":1\" }]\nsites:\n  - routes:\n      - { \(keys) }\n") == [message])
    }

    @Test(
        "of the log",
        arguments: [
            ("access: on", "t:3:16: error: expected a mapping of access log keys, found `on`"),
            (
                "access: { format: json, template: '{status}' }",
                "t:3:32: error: `template` cannot stand beside `format`; keep one of them"
            ),
            (
                "access: { template: '{stauts}' }",
                "t:3:28: error: there is no variable `stauts`; did you mean `status`?"
            ),
            ("access: { template: '{status' }", "t:3:28: error: `{` without its `}`; write `{{` for the brace itself"),
            ("access: { template: 'a}' }", "t:3:28: error: `}` without its `{`; write `}}` for the brace itself"),
            (
                "access: { output: stdot }",
                "t:3:26: error: `stdot` is neither `stdout` nor `stderr`; did you mean `stdout`?"
            ),
            (
                "access: { output: access.log }",
                "t:3:26: error: `access.log` is neither `stdout` nor `stderr`; for a file write a path with a `/`, such as `./access.log`"
            ),
            ("access: { buffer: 1 }", "t:3:26: error: `1` is out of range; write `4KiB` to `16MiB`"),
            (
                "error: { level: warn }",
                "t:3:24: error: `warn` is not known here; write `trace`, `debug`, `info`, `notice`, `warning` or `error`"
            ),
            ("error: { format: combined }", "t:3:25: error: `combined` is not known here; write `text` or `json`"),
        ])
    func log(keys: String, message: String) {
        #expect(findings(base + "log: { \(keys) }\n") == [message])
    }
}
