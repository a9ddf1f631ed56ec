// "Did you mean": the word that a typing error most likely stood for.

/// The candidate with the fewest typing errors against `word`; nil if even that one is too far to be meant.
///
/// An error is a letter too many, missing, wrong, or swapped with its neighbour. One is forgiven in a word of up to four
/// letters, and one more for every three letters beyond.
public func nearestWord(to word: String, among candidates: some Sequence<String>) -> String? {
    let typed = Array(word.lowercased().unicodeScalars.prefix(64))
    let forgiven = max(1, (typed.count + 1) / 3)
    var best: (word: String, distance: Int)?
    for candidate in candidates {
        let distance = editDistance(typed, Array(candidate.lowercased().unicodeScalars.prefix(64)))
        guard distance <= forgiven, distance < max(typed.count, candidate.count) else { continue }
        if let best, best.distance <= distance { continue }
        best = (candidate, distance)
    }
    return best?.word
}

/// Insertions, deletions, replacements and swaps of neighbours. O(n·m).
func editDistance(_ left: [Unicode.Scalar], _ right: [Unicode.Scalar]) -> Int {
    var rows = [[Int]](repeating: [Int](repeating: 0, count: right.count + 1), count: left.count + 1)
    for row in rows.indices { rows[row][0] = row }
    for column in rows[0].indices { rows[0][column] = column }
    for row in left.indices {
        for column in right.indices {
            let replaced = rows[row][column] + (left[row] == right[column] ? 0 : 1)
            var least = min(replaced, rows[row][column + 1] + 1, rows[row + 1][column] + 1)
            let isSwap = row > 0 && column > 0 && left[row] == right[column - 1] && left[row - 1] == right[column]
            if isSwap { least = min(least, rows[row - 1][column - 1] + 1) }
            rows[row + 1][column + 1] = least
        }
    }
    return rows[left.count][right.count]
}

/// `; did you mean `x`?` or nothing.
public func suggestion(for word: String, among candidates: some Sequence<String>) -> String {
    nearestWord(to: word, among: candidates).map { "; did you mean `\($0)`?" } ?? ""
}
