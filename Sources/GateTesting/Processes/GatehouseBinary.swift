// The real program, where the build put it.

internal import Glibc

/// Programs of this build.
public enum BuiltProgram {
    /// The path of a program beside the test bundle; throws when there is none.
    public static func path(_ name: String) throws -> String {
        var directory = targetOfLink("/proc/self/exe") ?? ""
        // The runner may be the toolchain's: the bundle's path then stands among the arguments.
        for argument in [directory] + CommandLine.arguments where argument.contains("/.build/") {
            directory = argument
            while let slash = directory.lastIndex(of: "/") {
                directory = String(directory[..<slash])
                if access("\(directory)/\(name)", X_OK) == 0 { return "\(directory)/\(name)" }
            }
        }
        throw SystemFailure("find the program \(name) of this build", ENOENT)
    }
}

/// The `gatehouse` program of this build.
public enum GatehouseBinary {
    /// Its path: `GATE_BINARY`, or `gatehouse` beside the test bundle; throws when there is none.
    public static var path: String {
        get throws { try environmentValue("GATE_BINARY") ?? BuiltProgram.path("gatehouse") }
    }

    /// Runs it to its end.
    public static func run(_ arguments: [String], environment: [String: String] = [:]) throws -> ProgramResult {
        try runProgram(path, arguments, environment: environment)
    }

    /// Starts it.
    public static func start(
        _ arguments: [String], environment: [String: String] = [:], output: String? = nil
    ) throws -> ChildProcess {
        try ChildProcess(path, arguments, environment: environment, output: output)
    }
}
