// SPDX-License-Identifier: Apache-2.0
import Foundation
import RelayCore
import RelayLoop
import RelayUpstream
import Testing

struct FileSourceTests {
    private let directory: ScratchDirectory

    init() throws { directory = try ScratchDirectory() }

    private func source(_ name: String = "secret", _ adjust: (inout TokenReading) -> Void = { _ in }) -> FileTokenSource
    {
        var reading = TokenReading()
        adjust(&reading)
        return FileTokenSource(FileTokenConfiguration(path: directory.path(name)), reading: reading)
    }

    /// Moves the file's time of writing, so that no test waits for a clock.
    private func age(_ name: String = "secret", by seconds: TimeInterval) throws {
        try FileManager.default.setAttributes(
            [.modificationDate: Date().addingTimeInterval(-seconds)], ofItemAtPath: directory.path(name))
    }

    @Test("a plain token lives until it is replaced")
    func plain() async throws {
        try directory.write(" tok\n")
        let grant = try await source().fetchOnce(wall: MonotonicClock.wallNanoseconds)
        #expect(grant.value.reveal == "tok")
        #expect(grant.lifetime == nil)
        #expect(grant.warnings.isEmpty)
        #expect(source().traits == TokenSourceTraits(isLocal: true, pollInterval: .seconds(5)))
    }

    @Test("a fixed lifetime and a JWT's end hold for files too")
    func lifetimes() async throws {
        try directory.write("tok")
        #expect(try await source { $0.fixedLifetime = .seconds(9) }.fetchOnce().lifetime == .seconds(9))
        // {"exp":1744080129}
        try directory.write("e30.eyJleHAiOjE3NDQwODAxMjl9.c2ln")
        let grant = try await source().fetchOnce()
        #expect(grant.lifetime == .seconds(60))
        #expect(grant.kind == .jwt)
    }

    @Test("a relative lifetime began when the file was written")
    func age() async throws {
        try directory.write(#"{"access_token":"tok","expires_in":300}"#)
        try age(by: 240)
        let lifetime = try #require(try await source().fetchOnce(wall: MonotonicClock.wallNanoseconds).lifetime)
        #expect((.seconds(1)...(.seconds(60))).contains(lifetime))
        try age(by: 400)
        let failure = await source().failure()
        #expect(failure == nil, "a clock before the time of writing does not age the token")
        await #expect(throws: TokenFetchFailure.self) {
            try await source().fetchOnce(wall: MonotonicClock.wallNanoseconds)
        }
    }

    @Test("what is no token says so")
    func failures() async throws {
        #expect(await source().failure()?.cause == .file(.missing))
        try directory.write("")
        #expect(await source().failure()?.cause == .file(.empty))
        try directory.write(" \n")
        #expect(await source().failure()?.cause == .file(.empty))
        try directory.write("two\nlines")
        #expect(await source().failure()?.cause == .illegalToken)
        try directory.write(String(repeating: "x", count: 70_000))
        #expect(await source().failure()?.cause == .file(.tooLarge))
        #expect(await source(".").failure()?.cause == .file(.unreadable))
        try directory.write(#"{"status":{}}"#)
        #expect(await source().failure()?.label == "bad_answer")
    }

    @Test("after a refusal the same token is no answer, another one is")
    func refused() async throws {
        try directory.write("tok")
        let source = source()
        #expect(await source.failure(.forced, rejected: "tok")?.cause == .file(.unchanged))
        #expect(await source.failure(.timer) == nil)
        try directory.write("tik")
        #expect(try await source.fetchOnce(.forced, rejected: "tok").value.reveal == "tik")
    }

    @Test("others' eyes are told")
    func permissions() async throws {
        try directory.write("tok", mode: 0o644)
        #expect(try await source().fetchOnce().warnings == [.readableByOthers])
    }

    @Test("an untouched file has not changed; an old one is not even read")
    func unchanged() async throws {
        try directory.write("tok")
        let source = source()
        #expect(await source.hasChanged())
        _ = try await source.fetchOnce()
        #expect(await !source.hasChanged())
        try age(by: 10)
        _ = try await source.fetchOnce()
        #expect(await !source.hasChanged())
    }

    @Test("a rename over the file is a change")
    func rename() async throws {
        try directory.write("one")
        let source = source()
        _ = try await source.fetchOnce()
        try directory.write("two", to: "new")
        try #require(unsafe Foundation.rename(directory.path("new"), directory.path("secret")) == 0)
        #expect(await source.hasChanged())
        #expect(try await source.fetchOnce().value.reveal == "two")
        #expect(await !source.hasChanged())
    }

    @Test("a symlink swap as the kubelet does it is a change")
    func symlinkSwap() async throws {
        let manager = FileManager.default
        for (name, token) in [("..1", "one"), ("..2", "two")] {
            try manager.createDirectory(atPath: directory.path(name), withIntermediateDirectories: false)
            try directory.write(token, to: "\(name)/token")
            // Both of the same age and size: only the inode differs.
            try manager.setAttributes(
                [.modificationDate: Date(timeIntervalSince1970: 1_744_000_000)],
                ofItemAtPath: directory.path("\(name)/token"))
        }
        try manager.createSymbolicLink(atPath: directory.path("..data"), withDestinationPath: "..1")
        try manager.createSymbolicLink(atPath: directory.path("token"), withDestinationPath: "..data/token")
        let source = source("token")
        #expect(try await source.fetchOnce().value.reveal == "one")
        #expect(await !source.hasChanged())
        try manager.createSymbolicLink(atPath: directory.path("..tmp"), withDestinationPath: "..2")
        try #require(unsafe Foundation.rename(directory.path("..tmp"), directory.path("..data")) == 0)
        #expect(await source.hasChanged())
        #expect(try await source.fetchOnce().value.reveal == "two")
    }

    @Test("the empty moment of a truncating writer is not a change, what follows is")
    func truncateThenWrite() async throws {
        try directory.write("one")
        let source = source()
        _ = try await source.fetchOnce()
        try directory.write("")
        #expect(await !source.hasChanged())
        #expect(await source.failure()?.cause == .file(.empty))
        try directory.write("two")
        #expect(await source.hasChanged())
        #expect(try await source.fetchOnce().value.reveal == "two")
    }

    @Test("a rewrite within one tick of the file's clock is seen")
    func sameTick() async throws {
        try directory.write("one")
        let source = source()
        _ = try await source.fetchOnce()
        let attributes = try FileManager.default.attributesOfItem(atPath: directory.path("secret"))
        try directory.write("two")
        // As if the clock had not moved: same inode, size and time.
        let date = try #require(attributes[.modificationDate])
        try FileManager.default.setAttributes([.modificationDate: date], ofItemAtPath: directory.path("secret"))
        #expect(await source.hasChanged())
    }

    @Test("a deleted file is not a change, and comes back as one")
    func deletion() async throws {
        try directory.write("one")
        let source = source()
        _ = try await source.fetchOnce()
        try FileManager.default.removeItem(atPath: directory.path("secret"))
        #expect(await !source.hasChanged())
        #expect(await source.failure()?.cause == .file(.missing))
        try directory.write("two")
        #expect(await source.hasChanged())
    }

    @Test("a file that cannot be understood is looked at once, not at every poll")
    func garbage() async throws {
        try directory.write("one")
        let source = source()
        _ = try await source.fetchOnce()
        try directory.write("a b")
        #expect(await source.hasChanged())
        #expect(await source.failure() != nil)
        #expect(await !source.hasChanged())
    }
}
