import GateTesting
import Testing

@Suite("The embedding example")
struct EmbeddingTests {
    private let word = "Authorization: Bearer open-sesame\r\n"

    @Test("who does not say the word is told so, and the application hears nothing")
    func refused() throws {
        let response = try Example().exchange(get("/hello"))
        #expect(response.status == 401)
        #expect(response["WWW-Authenticate"] == ["Bearer"])
        #expect(!response.body.text.contains("Hello"))
    }

    @Test("who says the word comes to the application, under the name that the doorkeeper gave")
    func allowed() throws {
        let response = try Example().exchange(get("/hello", word + "X-User: root\r\n"))
        #expect(response.status == 200)
        #expect(response.body.text == "Hello ali, here is /hello.\n")
    }

    @Test("the doorkeeper hears what was asked for")
    func forbidden() throws {
        #expect(try Example().exchange(get("/secret/plans", word)).status == 403)
    }

    @Test("a request with a body waits for the decision as well")
    func body() throws {
        let response = try Example().exchange(post("/upload", word, body: String(repeating: "x", count: 100_000)))
        #expect(response.body.text == "Hello ali, here is /upload.\n")
    }

    @Test("many requests on one connection are each decided for themselves")
    func pipelined() throws {
        try Example().talk { client in
            for number in 0..<50 { try client.send(get("/\(number)", number.isMultiple(of: 2) ? word : "")) }
            for number in 0..<50 { #expect(try client.readResponse().status == (number.isMultiple(of: 2) ? 200 : 401)) }
        }
    }

    @Test("it ends when it is asked to")
    func stop() throws {
        #expect(try Example().stop() == 0)
    }
}
