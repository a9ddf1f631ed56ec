// The machine's own list of authorities: a folder for additions and a program that takes them over.

import GateControl
import Glibc

/// Where a distribution keeps authorities that its administrator has added.
struct SystemStore {
    /// Why the store cannot be changed.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    let folder: String
    let program: String

    private static let known = [
        // Debian, Ubuntu, Alpine
        SystemStore(folder: "/usr/local/share/ca-certificates", program: "update-ca-certificates"),
        // Fedora, RHEL
        SystemStore(folder: "/etc/pki/ca-trust/source/anchors", program: "update-ca-trust"),
        // openSUSE
        SystemStore(folder: "/etc/pki/trust/anchors", program: "update-ca-certificates"),
    ]

    private var file: String { "\(folder)/gatehouse-internal-root.crt" }

    /// The store of this machine.
    static func find() throws -> SystemStore {
        if let store = known.first(where: { access($0.folder, F_OK) == 0 }) { return store }
        throw Failure(
            description:
                "this machine's store of authorities is in none of the known places; print the root without --install and "
                + "import it by hand")
    }

    /// Writes the root and has the store read it.
    func install(_ pem: String) throws {
        try write(pem)
        try update([])
        Standard.output("installed the root as \(file) and ran \(program)")
        Standard.output("programs that were running before may have to be started again")
    }

    /// Removes the root and has the store forget it.
    func uninstall() throws {
        guard unlink(file) == 0 || errno == ENOENT else { throw failure("remove") }
        // Debian's program keeps links to what is gone unless it begins anew.
        try update(program == "update-ca-certificates" ? ["--fresh"] : [])
        Standard.output("removed \(file) and ran \(program)")
    }

    private func write(_ pem: String) throws {
        let descriptor = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw failure("write") }
        defer { close(descriptor) }
        let bytes = Array(pem.utf8)
        guard Glibc.write(descriptor, bytes, bytes.count) == bytes.count else { throw failure("write") }
    }

    private func failure(_ verb: String) -> Failure {
        Failure(description: "cannot \(verb) \(file): \(String(cString: strerror(errno)))")
    }

    /// Runs the program without a shell, its output into ours.
    private func update(_ options: [String]) throws {
        var id: pid_t = 0
        var arguments: [UnsafeMutablePointer<CChar>?] = ([program] + options).map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        guard posix_spawnp(&id, program, nil, nil, &arguments, environ) == 0 else {
            throw Failure(description: "cannot run \(program); is the package ca-certificates there?")
        }
        var status: Int32 = 0
        while waitpid(id, &status, 0) < 0 && errno == EINTR {}
        guard status == 0 else { throw Failure(description: "\(program) has failed") }
    }
}
