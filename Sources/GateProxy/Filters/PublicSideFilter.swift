// Backends that call themselves by their own address: what they say of it is mapped to the name that the client used.

import GateCore
import GateHTTP

/// Maps Location, Content-Location, Refresh and the Domain of Set-Cookie back to the public side (DESIGN §4).
final class PublicSideFilter: Filter {
    struct Factory: FilterFactory {
        func makeFilter() -> any Filter { PublicSideFilter() }
    }

    var phase: FilterPhase { .rewrite }
    var interests: FilterInterests { .responseHead }

    func responseHead(_ exchange: Exchange) -> FilterVerdict {
        guard let server = exchange.target else { return .next }
        for field in [KnownField.location, .contentLocation, .refresh] where exchange.response.mayHave(field) {
            mapURL(field, exchange, server.plan.host)
        }
        if exchange.response.mayHave(.setCookie) { mapCookies(exchange, server.plan.host) }
        return .next
    }

    /// `http://backend…` becomes the client's scheme and host; everything else stays.
    private func mapURL(_ field: KnownField, _ exchange: Exchange, _ host: String) {
        guard let index = exchange.response.first(field), let own = publicOrigin(exchange) else { return }
        let text = exchange.responseValue(index).text
        guard let start = urlStart(text, field), let end = authorityEnd(text[start...], host) else { return }
        let mapped = Array((text[..<start] + own + text[end...]).utf8)
        exchange.response.replaceValue(at: index, with: mapped.span)
    }

    private func urlStart(_ text: String, _ field: KnownField) -> String.Index? {
        guard field == .refresh else { return text.startIndex }
        return text.range(of: "url=")
    }

    /// The end of `http://host` at the start of the text, when host is the backend's.
    private func authorityEnd(_ text: Substring, _ host: String) -> String.Index? {
        let lower = text.lowercased()
        guard lower.hasPrefix("http://" + host) else { return nil }
        let end = text.index(text.startIndex, offsetBy: 7 + host.count)
        if end == text.endIndex || "/?#;".contains(text[end]) { return end }
        // The default port may be spelled out.
        guard text[end...].hasPrefix(":80") else { return nil }
        let behind = text.index(end, offsetBy: 3)
        return behind == text.endIndex || "/?#".contains(text[behind]) ? behind : nil
    }

    private func publicOrigin(_ exchange: Exchange) -> String? {
        guard let index = exchange.request.first(.xForwardedHost) ?? exchange.request.first(.host) else { return nil }
        return (exchange.isSecure ? "https://" : "http://") + exchange.requestValue(index).text
    }

    /// A Domain that is the backend's own name would make the client drop the cookie: the public name takes its place.
    private func mapCookies(_ exchange: Exchange, _ host: String) {
        let name = host.split(separator: ":").first.map(String.init) ?? host
        var at = 0
        while let index = exchange.response.first(.setCookie, from: at) {
            at = index + 1
            let parts = exchange.responseValue(index).text.split(separator: ";", omittingEmptySubsequences: false)
            guard parts.contains(where: { isDomain($0, name) }) else { continue }
            let own = " Domain=" + exchange.host.text
            let mapped = Array(parts.map { isDomain($0, name) ? own : String($0) }.joined(separator: ";").utf8)
            exchange.response.replaceValue(at: index, with: mapped.span)
        }
    }

    private func isDomain(_ attribute: Substring, _ name: String) -> Bool {
        let text = attribute.lowercased().filter { $0 != " " }
        return text == "domain=" + name || text == "domain=." + name
    }
}

extension String {
    /// The index behind the first `word`, in any case.
    fileprivate func range(of word: String) -> String.Index? {
        var at = startIndex
        while at < endIndex {
            if self[at...].lowercased().hasPrefix(word) { return index(at, offsetBy: word.count) }
            at = index(after: at)
        }
        return nil
    }
}
