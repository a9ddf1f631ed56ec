import GateFuzzing
import GateTestSupport
import Glibc
import Testing

/// Inputs in the tree: seeds, and what fuzzers found.
private struct Inputs {
    let target: FuzzTarget

    /// Every file of Fuzz/Corpus/NAME and Fuzz/FailCases/NAME.
    func all() -> [(name: String, bytes: [UInt8])] {
        // Tests/FuzzReplayTests/ReplayTests.swift → the package's root.
        let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        return ["Corpus", "FailCases"].flatMap { kind in
            Self.files(in: "/\(root)/Fuzz/\(kind)/\(target.rawValue)").map { (name: $0, bytes: Self.read($0)) }
        }
    }

    private static func files(in folder: String) -> [String] {
        guard let directory = opendir(folder) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if !name.hasPrefix(".") { names.append(folder + "/" + name) }
        }
        return names.sorted()
    }

    private static func read(_ path: String) -> [UInt8] {
        guard let file = fopen(path, "r") else { return [] }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        let count = fread(&bytes, 1, bytes.count, file)
        return Array(bytes[..<count])
    }
}

@Suite("Fuzzers' properties")
struct ReplayTests {
    @Test("hold for the seeds and for every input that once broke them", arguments: FuzzTarget.allCases)
    func replay(target: FuzzTarget) {
        let inputs = Inputs(target: target).all()
        #expect(!inputs.isEmpty, "no corpus")
        for input in inputs { target.check(input.bytes.span) }
    }

    @Test("hold for the seeds cut short and with changed bytes", arguments: FuzzTarget.allCases)
    func mutated(target: FuzzTarget) {
        var random = SeededRandom(stream: 12)
        for input in Inputs(target: target).all() where !input.bytes.isEmpty {
            for _ in 0..<50 {
                var bytes = Array(input.bytes[..<random.number(below: input.bytes.count + 1)])
                for _ in 0..<random.number(below: 4) where !bytes.isEmpty {
                    bytes[random.number(below: bytes.count)] = UInt8.random(in: 0...255, using: &random)
                }
                target.check(bytes.span)
            }
        }
    }
}
