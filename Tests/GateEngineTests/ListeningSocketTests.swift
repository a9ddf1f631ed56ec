import GateCore
import GateEngine
import Testing

@Suite("Listening sockets")
struct ListeningSocketTests {
    @Test("port 0 gets a port from the kernel")
    func kernelPort() throws {
        let socket = try ListeningSocket.open(
            .ip(.loopbackIPv4, port: 0), dualStack: false, backlog: 16, sharesPort: false)
        #expect(socket.address.port != 0)
    }

    @Test("an address that is in use is refused by name")
    func inUse() throws {
        let first = try ListeningSocket.open(
            .ip(.loopbackIPv4, port: 0), dualStack: false, backlog: 16, sharesPort: false)
        do throws(SystemError) {
            _ = try ListeningSocket.open(first.address, dualStack: false, backlog: 16, sharesPort: false)
            Issue.record("the address was given away twice")
        } catch {
            #expect(error.action.contains("\(first.address)"))
        }
    }

    @Test("several sockets share a port when all say so")
    func sharedPort() throws {
        let first = try ListeningSocket.open(
            .ip(.loopbackIPv4, port: 0), dualStack: false, backlog: 16, sharesPort: true)
        let second = try ListeningSocket.open(first.address, dualStack: false, backlog: 16, sharesPort: true)
        #expect(second.address == first.address)
    }

    @Test("a path that does not fit is an error, not a crash")
    func longPath() {
        #expect(throws: SystemError.self) {
            let path = "/tmp/" + String(repeating: "x", count: 200)
            _ = try ListeningSocket.open(.unix(path: path), dualStack: false, backlog: 1, sharesPort: false)
        }
    }
}
