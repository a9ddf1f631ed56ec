// Answers of ours that are made anew for each exchange.

import GateCore
import GateHTTP

/// Fields and a body with variables.
public struct AnswerContent: Sendable, Equatable {
    /// Goes into Location.
    public var location: Template?
    public var fields: [FieldLine]
    public var body: Template

    public init(location: Template? = nil, fields: [FieldLine] = [], body: Template = Template([])) {
        self.location = location
        self.fields = fields
        self.body = body
    }
}

extension Exchange {
    /// Adds the fields to the response.
    func add(_ content: AnswerContent) {
        if let location = content.location { addLocation(location) }
        for line in content.fields { write(line, .response, replaces: false) }
    }

    /// What begins with one slash is a path of this host and stays one, whatever the variables behind it hold:
    /// `//host` would send the client elsewhere (RFC 3986 §4.2).
    private func addLocation(_ location: Template) {
        var url = worker.pool.take()
        append(location, to: &url)
        while url.count > 1, url.span[0] == ASCII.slash, url.span[1] == ASCII.slash { url.consume(1) }
        response.add(.location, url.span)
        worker.pool.give(url)
    }

    /// The page that the route, or the site where no route was found, has for an error.
    func errorPage(for status: Int) -> ErrorPage? {
        (route.map { $0.errorPages } ?? site?.errorPages)?.page(for: status)
    }
}
