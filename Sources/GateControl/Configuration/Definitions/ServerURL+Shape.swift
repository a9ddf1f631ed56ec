internal import GateConfig

extension Shape where Value == ServiceURL {
    /// The URL of a server: a place, and nothing that would need rewriting.
    static var serverURL: Shape<ServiceURL> {
        Shape<ServiceURL>.serviceURL.converted { url, node, decoding in
            if let problem = problem(url) {
                decoding.error(at: node.location, "\(node.words) \(problem)")
                return nil
            }
            return url
        }.shown { "\($0)" }
    }

    @Sendable
    private static func problem(_ url: ServiceURL) -> String? {
        if !url.path.isEmpty, url.path != "/" {
            return
                "has a path; the request's own path is sent, and rewriting it is not supported yet, so remove the path"
        }
        if url.query != nil { return "has a query, which cannot be added to requests; remove it" }
        return nil
    }
}

extension Shape where Value == Configuration.Server {
    /// A URL, or a mapping with a URL and more.
    static var server: Shape<Configuration.Server> {
        .scalarOr(
            Shape<ServiceURL>.serverURL.converted { url, node, _ in
                Configuration.Server(url, origin: Origin(node.location))
            }, Configuration.Server.definition.shape)
    }
}
