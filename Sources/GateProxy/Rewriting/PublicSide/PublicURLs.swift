// URLs of a server, as the client may follow them. Scheme and host are mapped when they are the server's own; a path is
// mapped when the route exchanged prefixes on the request's way, and then the other way round.

import GateCore
import GateHTTP

/// Maps the URLs of one exchange's response. Every `append…` answers false, and has appended nothing of use, when the
/// value stays as it is.
struct PublicURLs {
    let exchange: Exchange
    /// Prefixes: what the server has in the place of what the client sees.
    let mount: Mount?

    struct Mount {
        /// As the client sees it; may be empty.
        var publicPrefix: [UInt8]
        /// As the server sees it; may be empty.
        var serverPrefix: [UInt8]
    }

    init(_ exchange: Exchange) {
        self.exchange = exchange
        mount = exchange.route?.plan.rewriting.target.flatMap { plan in
            guard plan.isMount, !exchange.rewritten.isEmpty else { return nil }
            let isStripped = TargetRewriter.strippedCount(exchange.path, plan.stripPrefix) > 0
            return Mount(publicPrefix: isStripped ? plan.stripPrefix : [], serverPrefix: plan.addPrefix)
        }
    }

    /// A URI reference (RFC 3986 §4.1).
    func append(_ url: Span<UInt8>, to out: inout ByteBuffer) -> Bool {
        let reference = URLReference(url)
        switch reference.kind {
        case .absolute(let isSecure): return appendAbsolute(url, reference, isSecure: isSecure, to: &out)
        case .network: return appendAbsolute(url, reference, isSecure: nil, to: &out)
        case .rooted:
            guard mount != nil else { return false }
            appendPath(url.extracting(reference.path), to: &out)
        case .relative:
            guard mount != nil else { return false }
            appendResolved(url.extracting(reference.path), to: &out)
        case .other: return false
        }
        out.append(url, reference.path.upperBound..<url.count)
        return true
    }

    // MARK: Scheme and host

    private func appendAbsolute(
        _ url: Span<UInt8>, _ reference: URLReference, isSecure: Bool?, to out: inout ByteBuffer
    ) -> Bool {
        let authority = url.extracting(reference.authority)
        if isServers(authority, isSecure: isSecure) {
            appendOrigin(hasScheme: isSecure != nil, to: &out)
        } else if isPublic(authority, isSecure: isSecure) {
            // https stays https, or a server that wants it would send its client in circles.
            let isRaised = isSecure == false && exchange.isPublicSideSecure
            guard mount != nil || isRaised else { return false }
            if isRaised {
                appendOrigin(hasScheme: true, to: &out)
            } else {
                out.append(url, 0..<reference.authority.upperBound)
            }
        } else {
            return false
        }
        if reference.path.isEmpty && (mount == nil && !out.isEmpty) {
            // An empty path stays one.
        } else if reference.path.isEmpty {
            appendPath([ASCII.slash].span, to: &out)
        } else {
            appendPath(url.extracting(reference.path), to: &out)
        }
        out.append(url, reference.path.upperBound..<url.count)
        return true
    }

    /// The client's scheme and host; nothing when it named no host, as HTTP/1.0 may.
    private func appendOrigin(hasScheme: Bool, to out: inout ByteBuffer) {
        let field = publicHostField
        guard field != nil || exchange.hostCount > 0 else { return }
        if hasScheme { out.append(exchange.isPublicSideSecure ? "https:" : "http:") }
        out.append("//")
        guard let field else { return out.append(exchange.host) }
        let value = exchange.requestValue(field)
        out.append(value, FieldList.firstElement(of: value))
    }

    /// Where the host that the client asked for stands, with its port. Host itself may be the server's by now.
    private var publicHostField: Int? {
        let host = exchange.changesHost ? nil : exchange.request.first(.host)
        for field in [exchange.request.first(.xForwardedHost), host] {
            guard let field else { continue }
            let value = exchange.requestValue(field)
            if HostRules.parse(value.extracting(FieldList.firstElement(of: value))) != nil { return field }
        }
        return nil
    }

    /// Calls `body` with the host that the client asked for, without its port; an empty one when there is none.
    func withPublicHost<R>(_ body: (Span<UInt8>) -> R) -> R {
        guard let field = publicHostField else { return body(exchange.host) }
        let value = exchange.requestValue(field)
        let authority = value.extracting(FieldList.firstElement(of: value))
        return body(authority.extracting(HostRules.parse(authority)?.host ?? 0..<0))
    }

    private func isPublic(_ authority: Span<UInt8>, isSecure: Bool?) -> Bool {
        guard let rules = HostRules.parse(authority) else { return false }
        if let field = publicHostField {
            let value = exchange.requestValue(field)
            if ASCII.equalsIgnoringCase(authority, value.extracting(FieldList.firstElement(of: value))) { return true }
        }
        guard rules.port == nil || rules.port == (isSecure == true ? 443 : 80) else { return false }
        return withPublicHost { ASCII.equalsIgnoringCase(authority.extracting(rules.host), $0) }
    }

    /// Whether it is one of the servers of the upstream, or the name that they get as Host.
    private func isServers(_ authority: Span<UInt8>, isSecure: Bool?) -> Bool {
        guard let rules = HostRules.parse(authority), let route = exchange.route else { return false }
        // A port that is not named is that of the scheme, on both sides.
        let usual: UInt16 = isSecure == true ? 443 : 80
        for name in serverNames(route) {
            let known = Array(name.utf8)
            guard let own = HostRules.parse(known.span), (own.port ?? usual) == (rules.port ?? usual) else { continue }
            if ASCII.equalsIgnoringCase(authority.extracting(rules.host), known.span.extracting(own.host)) {
                return true
            }
        }
        return false
    }

    /// What servers may call themselves.
    func serverNames(_ route: RouteRuntime) -> [String] {
        var names = exchange.upstream?.plan.servers.map(\.host) ?? []
        if let target = exchange.target {
            names.append(target.plan.host)
            if let own = route.ownHost(for: target.plan) { names.append(own) }
        }
        return names
    }

    // MARK: Path

    /// A path of the server's that begins with a slash.
    func appendPath(_ path: Span<UInt8>, to out: inout ByteBuffer) {
        guard let mount else { return out.append(path) }
        var plain = exchange.worker.pool.take()
        URLReference.appendWithoutDots(path, to: &plain)
        let count = TargetRewriter.strippedCount(plain.span, mount.serverPrefix)
        if mount.serverPrefix.isEmpty || count > 0 {
            out.append(mount.publicPrefix.span)
            if count == plain.count && mount.publicPrefix.isEmpty { out.append(byte: ASCII.slash) }
        }
        out.append(plain.span, count..<plain.count)
        exchange.worker.pool.give(plain)
    }

    /// A relative path means another place for the client when it stands at the mount itself, or climbs out of it: it is
    /// resolved against the path that the server saw (RFC 3986 §5.2).
    private func appendResolved(_ path: Span<UInt8>, to out: inout ByteBuffer) {
        let base = exchange.rewrittenTarget.extracting(0..<exchange.rewrittenPathCount)
        var end = base.count
        while end > 0 && base[end - 1] != ASCII.slash { end -= 1 }
        var whole = exchange.worker.pool.take()
        whole.append(base, 0..<end)
        whole.append(path)
        appendPath(whole.span, to: &out)
        exchange.worker.pool.give(whole)
    }

    // MARK: Values with URLs in them

    /// `5; url=URL`, the URL in quotes or not.
    func appendRefresh(_ value: Span<UInt8>, to out: inout ByteBuffer) -> Bool {
        guard let start = Self.refreshURL(value) else { return false }
        var range = start..<value.count
        if let quote = value.count > start ? value[start] : nil,
            quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"")
        {
            range = (start + 1)..<ASCII.index(of: quote, in: value, from: start + 1)
        }
        out.append(value, 0..<range.lowerBound)
        guard append(value.extracting(range), to: &out) else { return false }
        out.append(value, range.upperBound..<value.count)
        return true
    }

    private static func refreshURL(_ value: Span<UInt8>) -> Int? {
        var i = 0
        while i < value.count && value[i] != UInt8(ascii: ";") && value[i] != UInt8(ascii: ",") { i += 1 }
        i = ASCII.trimmed(value, min(i + 1, value.count)..<value.count).lowerBound
        guard i + 3 < value.count, ASCII.matches(value.extracting(i..<(i + 3)), "url") else { return nil }
        i = ASCII.trimmed(value, (i + 3)..<value.count).lowerBound
        guard i < value.count, value[i] == UInt8(ascii: "=") else { return nil }
        return ASCII.trimmed(value, (i + 1)..<value.count).lowerBound
    }

    /// `<URL>; rel=next, <URL>` (RFC 8288 §3).
    func appendLink(_ value: Span<UInt8>, to out: inout ByteBuffer) -> Bool {
        var isChanged = false
        var i = 0
        while i < value.count {
            let end = FieldList.endOfElement(value, from: i, until: UInt8(ascii: "<"))
            let close = ASCII.index(of: UInt8(ascii: ">"), in: value, from: min(end + 1, value.count))
            guard close < value.count else { break }
            out.append(value, i...end)
            let url = value.extracting((end + 1)..<close)
            if append(url, to: &out) { isChanged = true } else { out.append(url) }
            i = close
            let comma = FieldList.endOfElement(value, from: close, until: ASCII.comma)
            out.append(value, i..<comma)
            i = comma
        }
        out.append(value, i..<value.count)
        return isChanged
    }
}

extension ByteBuffer {
    fileprivate mutating func append(_ bytes: Span<UInt8>, _ range: ClosedRange<Int>) {
        append(bytes, range.lowerBound..<(range.upperBound + 1))
    }
}
