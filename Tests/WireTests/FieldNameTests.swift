// DESIGN "Underscores": names that some servers take for others do not pass unasked.

import GateTesting
import Testing

@Suite("Field names with _ and . (CGI's variables, RFC 3875 §4.1.18)")
struct FieldNameTests {
    private static let fields =
        "X_One: 1\r\nX.Two: 2\r\n_: 3\r\nX-Three: 4\r\nContent_Length: 5\r\nTransfer_Encoding: chunked\r\n"

    @Test("fields with an underscore or a dot in the name are dropped")
    func dropped() throws {
        try Stage.play { stage in
            let arrived = try stage.forwarded(get("/", Self.fields))
            #expect(!arrived.head.fields.contains { $0.name.contains("_") || $0.name.contains(".") })
            #expect(arrived["X-Three"] == ["4"])
        }
    }

    @Test("a listener may allow them")
    func allowed() throws {
        try Stage.play(ScriptedServer.echo, .init(listener: "underscore_fields: allow")) { stage in
            let arrived = try stage.forwarded(get("/", Self.fields))
            #expect(arrived["X_One"] == ["1"])
            #expect(arrived["X.Two"] == ["2"])
        }
    }

    @Test("responses keep theirs")
    func responses() throws {
        try Stage.play(ScriptedServer.answering(answer("200 OK", "X_One: 1\r\n", body: "ok"))) { stage throws in
            #expect(try stage.exchange(get())["X_One"] == ["1"])
        }
    }
}
