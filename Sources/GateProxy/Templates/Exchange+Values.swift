// The values that variables stand for.

public import GateCore
import GateEngine
import GateHTTP

extension Exchange {
    /// Appends the text that the template makes of this exchange.
    public func append(_ template: Template, to buffer: inout ByteBuffer) {
        for segment in template.segments {
            switch segment {
            case .text(let bytes): buffer.append(bytes.span)
            case .variable(let variable, let place): append(variable, as: place, to: &buffer)
            }
        }
    }

    /// Appends a value, made safe for its place. What is not known is empty.
    public func append(_ variable: Variable, as place: ValuePlace, to buffer: inout ByteBuffer) {
        switch variable {
        // Numbers, addresses and words of ours are safe wherever they stand.
        case .time: worker.stamp.appendISO(to: &buffer)
        case .combinedTime: worker.stamp.appendCombined(to: &buffer)
        case .clientAddress:
            if facts.isPeerKnown { buffer.append(address: clientAddress) } else { buffer.append("unix:") }
        case .clientPort: buffer.append(decimal: Int(peerPort))
        case .requestScheme: buffer.append(isPublicSideSecure ? "https" : "http")
        case .requestProtocol: buffer.append(isPassthrough ? "TLS" : clientVersion.name)
        case .requestBytes: buffer.append(decimal: requestBodyBytes)
        case .status: buffer.append(decimal: status)
        case .responseBytes: buffer.append(decimal: responseBodyBytes)
        case .duration: buffer.append(secondsFrom: startNs, to: worker.loop.nowNs)
        case .durationConnect: buffer.append(secondsFrom: startNs, to: connectNs)
        case .durationFirstByte: buffer.append(secondsFrom: startNs, to: firstByteNs)
        case .attempts: buffer.append(decimal: attempts)
        case .reason: buffer.append(reason.name)
        case .serverChoice: buffer.append(pickReason.name)
        case .serverHealth: if let target { buffer.append(target.healthName) }
        case .serverProtocol: appendServerProtocol(to: &buffer)
        case .retriedAfter: if retriedAfter != .completed { buffer.append(retriedAfter.name) }
        case .worker: buffer.append(decimal: worker.index)
        case .tlsVersion: if let tls = facts.tls { buffer.append(tls.object.version) }
        case .tlsResumed: if let tls = facts.tls { buffer.append(tls.object.isResumed ? "true" : "false") }
        case .tlsClientVerified: if let tls = facts.tls { buffer.append(tls.object.client == nil ? "false" : "true") }
        default: appendText(variable, place, &buffer)
        }
    }

    /// A head keeps its version when it is emptied, so an answer of our own in the place of a server's changes nothing.
    private func appendServerProtocol(to buffer: inout ByteBuffer) {
        if isPassthrough { return connectNs == 0 ? () : buffer.append("TLS") }
        if firstByteNs != 0 { buffer.append(response.version.name) }
    }

    private func appendText(_ variable: Variable, _ place: ValuePlace, _ buffer: inout ByteBuffer) {
        switch variable {
        case .requestID: ValueEscaping.append(id, .text, as: place, to: &buffer)
        case .requestMethod: ValueEscaping.append(requestMethod, .text, as: place, to: &buffer)
        case .requestHost: ValueEscaping.append(host, .text, as: place, to: &buffer)
        case .requestTarget: ValueEscaping.append(requestTarget, .path, as: place, to: &buffer)
        case .requestURI: appendURI(place, &buffer)
        case .requestPath: ValueEscaping.append(path, .path, as: place, to: &buffer)
        case .requestQuery: ValueEscaping.append(requestQuery, .wholeQuery, as: place, to: &buffer)
        case .requestField(let name):
            guard let index = request.first(named: name.span) else { return }
            ValueEscaping.append(requestValue(index), .text, as: place, to: &buffer)
        case .responseField(let name):
            guard let index = response.first(named: name.span) else { return }
            ValueEscaping.append(responseValue(index), .text, as: place, to: &buffer)
        case .requestCookie(let name): appendCookie(name, place, &buffer)
        case .requestParameter(let name):
            let query = requestTarget.extracting(targetParts.query)
            guard let range = QueryParameters.value(of: name.span, in: query) else { return }
            ValueEscaping.append(query.extracting(range), .query, as: place, to: &buffer)
        case .capture(let capture):
            guard let range = captures?.path(capture) else { return }
            ValueEscaping.append(path.extracting(range), .path, as: place, to: &buffer)
        case .tlsServerName:
            if isPassthrough { return ValueEscaping.append(host, .text, as: place, to: &buffer) }
            appendName(facts.tls?.object.serverName, place, &buffer)
        case .tlsCipherSuite: appendName(facts.tls?.object.cipherSuite, place, &buffer)
        case .tlsProtocol: appendName(facts.tls?.object.negotiatedProtocol, place, &buffer)
        case .tlsClientSubject: appendName(facts.tls?.object.client?.subject, place, &buffer)
        case .tlsClientIssuer: appendName(facts.tls?.object.client?.issuer, place, &buffer)
        case .tlsClientSerial: appendName(facts.tls?.object.client?.serial, place, &buffer)
        case .tlsClientFingerprint: appendName(facts.tls?.object.client?.fingerprint, place, &buffer)
        case .upstream: appendName(upstream?.name ?? route?.upstream?.name, place, &buffer)
        case .server: appendName(target?.name, place, &buffer)
        case .site: appendName(site?.name, place, &buffer)
        case .route: appendName(route?.name, place, &buffer)
        case .listener: buffer.append(text: listener.plan.name)
        default: break
        }
    }

    private func appendName(_ name: [UInt8]?, _ place: ValuePlace, _ buffer: inout ByteBuffer) {
        if let name { ValueEscaping.append(name.span, .text, as: place, to: &buffer) }
    }

    /// A path and its query are each encoded as such already.
    private func appendURI(_ place: ValuePlace, _ buffer: inout ByteBuffer) {
        let path = requestTarget.extracting(targetParts.path)
        if targetParts.form == .asterisk || path.isEmpty {
            buffer.append(byte: ASCII.slash)
        } else {
            ValueEscaping.append(path, .path, as: place, to: &buffer)
        }
        guard !targetParts.query.isEmpty else { return }
        switch place {
        case .path: buffer.append(requestTarget, targetParts.query)
        default: ValueEscaping.append(requestTarget.extracting(targetParts.query), .query, as: place, to: &buffer)
        }
    }

    /// The cookie of that name wherever it stands (RFC 6265 §4.2.1).
    private func appendCookie(_ name: [UInt8], _ place: ValuePlace, _ buffer: inout ByteBuffer) {
        var from = 0
        while let index = request.first(.cookie, from: from) {
            from = index + 1
            guard let range = CookieString.value(of: name.span, in: requestValue(index)) else { continue }
            return ValueEscaping.append(requestValue(index).extracting(range), .text, as: place, to: &buffer)
        }
    }

    /// The query as received, without its `?`.
    var requestQuery: Span<UInt8> {
        @_lifetime(borrow self) get {
            let query = requestTarget.extracting(targetParts.query)
            return query.isEmpty ? query : query.extracting(1...)
        }
    }

    /// Whether the client sees https: by its own connection, or by the word of a trusted proxy that ended TLS.
    var isPublicSideSecure: Bool {
        if isSecure { return true }
        guard comesFromTrustedProxy, let index = request.first(.xForwardedProto) else { return false }
        let first = FieldList.firstElement(of: requestValue(index))
        return ASCII.matches(requestValue(index).extracting(first), "https")
    }
}

extension ByteBuffer {
    /// Seconds with six decimals.
    fileprivate mutating func append(secondsFrom from: UInt64, to: UInt64) {
        let micros = to > from ? (to - from) / 1000 : 0
        append(decimal: Int(micros / 1_000_000))
        append(byte: 0x2E)
        var scale: UInt64 = 100_000
        while scale > 0 {
            append(byte: 0x30 + UInt8(truncatingIfNeeded: micros / scale % 10))
            scale /= 10
        }
    }
}

extension FieldList {
    /// The first element of a list, empty when there is none.
    static func firstElement(of value: Span<UInt8>) -> Range<Int> {
        var list = FieldList()
        return list.next(in: value) ?? 0..<0
    }
}
