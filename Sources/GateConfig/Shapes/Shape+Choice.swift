extension Shape {
    /// One of two shapes: `first` where the node is of its kind, `second` elsewhere.
    public static func either(
        _ first: Shape<Value>, where isFirst: @escaping @Sendable (ConfigNode) -> Bool, _ second: Shape<Value>
    ) -> Shape<Value> {
        let show = { @Sendable (value: Value) in first.show(value) ?? second.show(value) }
        return Shape(.choice([first.form, second.form].flatMap(\.alternatives))) { node, decoding in
            (isFirst(node) ? first : second).decode(node, &decoding)
        }.shown(show)
    }

    /// `short` where there is a scalar, `long` where there is a list or a mapping.
    public static func scalarOr(_ short: Shape<Value>, _ long: Shape<Value>) -> Shape<Value> {
        either(short, where: { $0.scalar != nil }, long)
    }
}

extension Form {
    fileprivate var alternatives: [Form] {
        if case .choice(let forms) = self { forms } else { [self] }
    }
}
