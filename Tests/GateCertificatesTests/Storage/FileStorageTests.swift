import GateCertificates
import GateTesting
import Glibc
import Testing

@Suite("Storage in a folder")
struct FileStorageTests {
    let folder: TemporaryDirectory
    let storage: FileStorage

    init() throws {
        folder = try TemporaryDirectory()
        storage = try FileStorage(folder: folder.file("state"))
    }

    private func key(_ path: String) throws -> StorageKey { try #require(StorageKey(path)) }

    private func mode(_ path: String) throws -> String {
        try runProgram("stat", ["-c", "%a", path]).output.filter { $0 != "\n" }
    }

    @Test("what was stored is loaded, and replaced as a whole")
    func replace() async throws {
        let key = try key("a/b.json")
        #expect(try await storage.load(key) == nil)
        try await storage.store([1, 2, 3], at: key)
        try await storage.store([4], at: key)
        #expect(try await storage.load(key) == [4])
        try await storage.remove(key)
        try await storage.remove(key)
        #expect(try await storage.load(key) == nil)
    }

    @Test("folders are for the owner alone, and so are files")
    func modes() async throws {
        try await storage.store([1], at: try key("keys/account.pem"))
        #expect(try mode(folder.file("state")) == "700")
        #expect(try mode(folder.file("state/keys")) == "700")
        #expect(try mode(folder.file("state/keys/account.pem")) == "600")
    }

    @Test("a list names what lies right below, in order, without what is being written")
    func list() async throws {
        try await storage.store([1], at: try key("c/b/x"))
        try await storage.store([1], at: try key("c/a/x"))
        try folder.write("state/c/.new-1", "half")
        #expect(try await storage.list(try key("c")) == [try key("c/a"), try key("c/b")])
        #expect(try await storage.list(try key("none")).isEmpty)
    }

    @Test("after a crash in the middle of a write the old blob is there, and what was left goes when it is old")
    func crash() async throws {
        let key = try key("a/b")
        try await storage.store([1], at: key)
        let (old, fresh) = (folder.file("state/a/.new-17"), folder.file("state/a/.new-18"))
        try writeFile(old, "half")
        try writeFile(fresh, "half")
        var times = [timeval(tv_sec: 1000, tv_usec: 0), timeval(tv_sec: 1000, tv_usec: 0)]
        #expect(utimes(old, &times) == 0)
        let next = try FileStorage(folder: folder.file("state"))
        #expect(try await next.load(key) == [1])
        #expect(access(old, F_OK) != 0)
        // Another process may be writing it right now.
        #expect(access(fresh, F_OK) == 0)
    }

    @Test("a write that fails keeps the old blob and leaves nothing behind")
    func failedWrite() async throws {
        let key = try key("a/b")
        try await storage.store([1], at: key)
        // A folder in the place of the file: rename refuses.
        let blocked = try self.key("a/dir")
        try await storage.store([1], at: try self.key("a/dir/x"))
        await #expect(throws: StorageFailure.self) { try await storage.store([2], at: blocked) }
        #expect(try await storage.load(key) == [1])
        #expect(listDirectory(folder.file("state/a")).allSatisfy { !$0.hasPrefix(".new-") })
    }

    @Test("a lock keeps others out until it is released, other processes too")
    func locks() async throws {
        let key = try key("locks/a")
        let lock = try #require(try await storage.lock(key, expirySeconds: 60))
        let other = try FileStorage(folder: folder.file("state"))
        #expect(try await other.lock(key, expirySeconds: 60) == nil)
        let path = folder.file("state/locks/a")
        #expect(try runProgram("flock", ["-n", path, "true"]).status != 0)
        await lock.release()
        await lock.release()
        #expect(try await other.lock(key, expirySeconds: 60) != nil)
    }

    @Test("a folder that cannot be written to is an error that names it")
    func unwritable() throws {
        let file = try folder.write("file", "")
        let failure = #expect(throws: StorageFailure.self) { try FileStorage(folder: file + "/state") }
        #expect(failure?.description.contains("\(file)") == true)
    }

    @Test(
        "a link that leads nowhere and a file in the place of a folder are named with a way out", arguments: [0, 1, 2])
    func obstacles(_ depth: Int) throws {
        let link = folder.file("link")
        #expect(symlink("/not-mounted", link) == 0)
        let file = try folder.write("file", "")
        let rest = String(repeating: "/x", count: depth)
        for (path, words) in [
            (link, "`\(link)` is a link to `/not-mounted`, which is not there"), (file, "`\(file)` is no folder"),
        ] {
            let failure = #expect(throws: StorageFailure.self) { try FileStorage(folder: path + rest) }
            #expect(
                failure?.description
                    == "cannot make the folder \(path + rest): \(words); mend that, or name another folder as `state`")
            #expect(FileStorage.obstacle(to: path + rest) == words)
        }
        #expect(FileStorage.obstacle(to: folder.file("none/at/all")) == nil)
    }

    @Test("a folder that the system does not make is an error, and no search without end")
    func unmakeable() throws {
        let failure = #expect(throws: StorageFailure.self) { try FileStorage(folder: "/proc/nope/state") }
        #expect(failure?.description.hasPrefix("cannot make the folder /proc/nope: ") == true)
    }

    @Test("keys lead nowhere else", arguments: ["", "/", "..", "a/../b", "a//b", ".hidden", "a/", "ä", "a b", "a\0"])
    func unsafeKeys(_ path: String) { #expect(StorageKey(path) == nil) }

    @Test(
        "any text becomes a part of a key", arguments: [("a.b", "a.b"), ("../x", "_._x"), ("", "_"), ("*.é", "_.__")])
    func safeParts(_ text: String, _ part: String) throws {
        #expect(try key("a").appending(text).parts == ["a", part])
    }
}
