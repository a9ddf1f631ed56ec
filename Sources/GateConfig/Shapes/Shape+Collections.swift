extension Shape where Value: Sendable {
    /// A struct within itself. `definition` is asked for when something is decoded, as it cannot be while it is made.
    public static func recursive(
        _ name: String, title: String, _ definition: @escaping @Sendable () -> StructDefinition<Value>
    ) -> Shape<Value> {
        Shape(.recursive(name: name, title: title)) { node, decoding in definition().decode(node, &decoding) }
    }
}

extension Shape {
    /// Values in order.
    public static func list<Element: Sendable>(_ element: Shape<Element>, countMin: Int = 0) -> Shape<[Element]>
    where Value == [Element] {
        let form = Form.list(element.form, countMin: countMin)
        return Shape(form) { node, decoding in
            guard let nodes = node.elements else {
                let hint = node.scalar.map { "; write \(quoted("[\($0.source)]"))" } ?? ""
                decoding.mismatch(node, expected: "a list", hint: hint)
                return nil
            }
            return decodeAll(nodes, element, countMin, node, &decoding)
        }.shown { showList($0, element) }
    }

    /// One value, or several as a list.
    public static func oneOrMany<Element: Sendable>(_ element: Shape<Element>) -> Shape<[Element]>
    where Value == [Element] {
        Shape(.oneOrMany(element.form)) { node, decoding in
            guard let nodes = node.elements else { return element.decode(node, &decoding).map { [$0] } }
            return decodeAll(nodes, element, 1, node, &decoding)
        }.shown { showList($0, element) }
    }

    /// Values by name. Each name is declared as one of `kind`, obeys `nameProblem`, and is given to `assemble`.
    public static func map<Element: Sendable>(
        _ element: Shape<Element>, of kind: String,
        _ assemble: @escaping @Sendable (String, SourceLocation, Element) -> Element
    ) -> Shape<[Element]> where Value == [Element] {
        entries(element, key: "a name") { name, location, value, decoding in
            if let problem = nameProblem(name) { decoding.error(at: location, "\(quoted(name)) \(problem)") }
            decoding.declare(kind, name, at: location)
            return value.map { assemble(name, location, $0) }
        }
    }

    /// Values by keys that the user chooses. `assemble` sees each key, and nil where the value did not fit.
    public static func entries<Input, Element>(
        _ value: Shape<Input>, key words: String,
        _ assemble: @escaping @Sendable (String, SourceLocation, Input?, inout Decoding) -> Element?
    ) -> Shape<[Element]> where Value == [Element] {
        let form = Form.map(value.form, key: words)
        return Shape(form) { node, decoding in
            guard let entries = node.entries else {
                decoding.mismatch(node, expected: form.words)
                return nil
            }
            return entries.compactMap { entry in
                let input = value.decode(entry.value, &decoding)
                return assemble(entry.key, entry.keyLocation, input, &decoding)
            }
        }
    }

    private static func decodeAll<Element>(
        _ nodes: [ConfigNode], _ element: Shape<Element>, _ countMin: Int, _ node: ConfigNode,
        _ decoding: inout Decoding
    ) -> [Element]? {
        guard nodes.count >= countMin else {
            decoding.error(at: node.location, "the list is empty; write at least one element")
            return nil
        }
        return nodes.compactMap { element.decode($0, &decoding) }
    }
}

private func showList<Element>(_ values: [Element], _ element: Shape<Element>) -> String? {
    let shown = values.compactMap(element.show)
    return shown.count == values.count ? "[\(shown.joined(separator: ", "))]" : nil
}
