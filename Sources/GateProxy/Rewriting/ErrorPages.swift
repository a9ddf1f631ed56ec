// Pages of one's own for errors, by status.

/// What a client gets in the place of an error's usual body.
public struct ErrorPage: Sendable, Equatable {
    /// nil: the error's.
    public var status: Int?
    public var content: AnswerContent

    public init(status: Int? = nil, content: AnswerContent) {
        self.status = status
        self.content = content
    }
}

/// Which statuses.
public enum StatusPattern: Sendable, Hashable {
    case exact(Int)
    /// 4: all of 4xx.
    case family(Int)

    public func matches(_ status: Int) -> Bool {
        switch self {
        case .exact(let exact): exact == status
        case .family(let family): family == status / 100
        }
    }
}

/// The pages of a site or a route.
public final class ErrorPages: Sendable {
    private let exact: [Int: ErrorPage]
    private let families: [Int: ErrorPage]

    /// Later pages take the place of earlier ones for the same statuses.
    public init(_ pages: [(StatusPattern, ErrorPage)]) {
        var exact: [Int: ErrorPage] = [:]
        var families: [Int: ErrorPage] = [:]
        for (pattern, page) in pages {
            switch pattern {
            case .exact(let status): exact[status] = page
            case .family(let family): families[family] = page
            }
        }
        self.exact = exact
        self.families = families
    }

    /// The page for a status: its own, or that of its family.
    func page(for status: Int) -> ErrorPage? { exact[status] ?? families[status / 100] }
}
