/// The filters that every route has.
enum BuiltInFilters {
    static let all: [any FilterFactory] = [
        RequestIDFilter.Factory(), ForwardingFilter.Factory(), BodyLimitFilter.Factory(),
        PublicSideFilter.Factory(),
    ]
}
