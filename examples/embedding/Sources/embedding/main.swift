// A program with a proxy inside: it asks a doorkeeper before it lets a request through to the application.
//
//   swift run embedding [ADDRESS]        ADDRESS: 127.0.0.1:8080 by default

import Gatehouse
import Glibc

// Signals are the program's business: these are blocked before any thread starts and wait for `sigwait` below.
var endings = sigset_t()
sigemptyset(&endings)
sigaddset(&endings, SIGINT)
sigaddset(&endings, SIGTERM)
pthread_sigmask(SIG_BLOCK, &endings, nil)

let doorkeeper = try SmallServer { Doorkeeper.answer($0) }
let application = try SmallServer { Application.answer($0) }

let configuration = """
    listeners: [{ name: public, address: "\(CommandLine.arguments.dropFirst().first ?? "127.0.0.1:8080")" }]
    upstreams:
      doorkeeper: { servers: ["\(doorkeeper.url)"] }
      application: { servers: ["\(application.url)"] }
    sites: [{ routes: [{ proxy: application }] }]
    log: { access: { format: combined } }
    """

let proxy = try Proxy(text: configuration, filters: [AskFirst.Factory(upstream: "doorkeeper")])
try proxy.start()

let address = proxy.addresses["public"]!
print(
    """
    Try:
      curl -i http://\(address)/hello
      curl -i -H 'Authorization: Bearer open-sesame' http://\(address)/hello
    """)
fflush(nil)

var received: Int32 = 0
sigwait(&endings, &received)
proxy.stop(graceful: true)
