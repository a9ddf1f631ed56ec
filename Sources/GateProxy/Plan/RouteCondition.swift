// What a route asks of a request besides the path that finds it.

public import GateCore
public import GatePattern

/// Something that holds for a request or does not.
public indirect enum RouteCondition: Sendable, Hashable {
    /// Any of these hosts.
    case host([HostPattern])
    /// Any of these paths.
    case path([PathPattern])
    /// Any of these methods, in upper and lower case as they are written.
    case method([String])
    /// Whether the client's connection is encrypted.
    case secure(Bool)
    /// Any of these listeners, by name.
    case listener([String])
    /// The client's address, trusted proxies left aside.
    case client(AddressSet)
    /// A field line of this name passes any of the tests.
    case field(String, [TextTest])
    /// A parameter of this name, decoded, passes any of the tests.
    case query(String, [TextTest])
    /// A cookie of this name passes any of the tests.
    case cookie(String, [TextTest])
    case all([RouteCondition])
    case any([RouteCondition])
    case not(RouteCondition)
}

/// What is asked of a value, byte by byte; letters' case counts.
public enum TextTest: Sendable, Hashable {
    /// That it is there.
    case present
    case exact(String)
    case prefix(String)
    case suffix(String)
    case contains(String)
    case pattern(Pattern)
}

extension RouteCondition: CustomStringConvertible {
    /// In words for people: `method is GET or HEAD`.
    public var description: String {
        switch self {
        case .host(let hosts): "host is \(Self.list(hosts))"
        case .path(let paths): "path is \(Self.list(paths))"
        case .method(let methods): "method is \(Self.list(methods))"
        case .secure(let isSecure): "scheme is \(isSecure ? "https" : "http")"
        case .listener(let names): "listener is \(Self.list(names))"
        case .client(let addresses): "client is in \(Self.list(addresses.blocks))"
        case .field(let name, let tests): "field \(name) \(Self.list(tests))"
        case .query(let name, let tests): "query parameter \(name) \(Self.list(tests))"
        case .cookie(let name, let tests): "cookie \(name) \(Self.list(tests))"
        case .all(let conditions): Self.group(conditions, " and ")
        case .any(let conditions): Self.group(conditions, " or ")
        case .not(let condition): "not (\(condition))"
        }
    }

    private static func list(_ values: [some CustomStringConvertible]) -> String {
        values.map { "\($0)" }.joined(separator: " or ")
    }

    private static func group(_ conditions: [RouteCondition], _ word: String) -> String {
        conditions.count == 1 ? "\(conditions[0])" : conditions.map { "(\($0))" }.joined(separator: word)
    }
}

extension TextTest: CustomStringConvertible {
    /// In words for people: `begins with a`.
    public var description: String {
        switch self {
        case .present: "is there"
        case .exact(let text): "is `\(text)`"
        case .prefix(let text): "begins with `\(text)`"
        case .suffix(let text): "ends with `\(text)`"
        case .contains(let text): "contains `\(text)`"
        case .pattern(let pattern): "matches `\(pattern)`"
        }
    }
}
