// What a Content-Type says of the text that it describes.

import GateProxy

enum ContentType {
    static let plain = "text/plain; charset=utf-8"

    /// The type that a file's name tells.
    static func named(_ path: String) -> String {
        let ending = path.split(separator: ".").last.map { $0.lowercased() } ?? ""
        return byEnding[ending] ?? "application/octet-stream"
    }

    private static let byEnding = [
        "html": "text/html; charset=utf-8", "htm": "text/html; charset=utf-8", "txt": plain, "json": "application/json",
        "xml": "application/xml", "css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8",
        "svg": "image/svg+xml", "png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "gif": "image/gif",
        "webp": "image/webp", "ico": "image/x-icon",
    ]

    /// How variables are made safe in a text of this type.
    static func place(_ type: String) -> ValuePlace {
        let type = type.prefix { $0 != ";" }.lowercased()
        if type.hasSuffix("json") { return .json }
        return type.hasSuffix("html") || type.hasSuffix("xml") ? .html : .plain
    }
}
