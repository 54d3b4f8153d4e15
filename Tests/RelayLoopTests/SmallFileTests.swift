// SPDX-License-Identifier: Apache-2.0
import Foundation
import RelayLoop
import Testing

final class SmallFileTests {
    private let directory = FileManager.default.temporaryDirectory.appendingPathComponent("small-\(UUID().uuidString)")

    init() throws { try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true) }

    deinit { try? FileManager.default.removeItem(at: directory) }

    private func write(_ text: String, _ name: String = "f") throws -> String {
        let url = directory.appendingPathComponent(name)
        try Data(text.utf8).write(to: url)
        return url.path
    }

    private func code(_ path: String, limit: Int = 100) -> CInt? {
        do throws(SystemCallError) {
            _ = try SmallFile.read(path, limit: limit)
            return nil
        } catch {
            return error.code
        }
    }

    @Test("a file is read whole, through links, with its identity")
    func reading() throws {
        let path = try write("hello")
        let link = directory.appendingPathComponent("link").path
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: path)
        let content = try SmallFile.read(link, limit: 5)
        #expect(content.bytes == Array("hello".utf8))
        #expect(try SmallFile.identity(of: path) == content.identity)
    }

    @Test("what is no small file says why")
    func failures() throws {
        #expect(code(directory.appendingPathComponent("none").path) == ENOENT)
        #expect(code(directory.path) == EISDIR)
        #expect(code(try write("123456"), limit: 5) == EFBIG)
        #expect(code("/dev/zero") == EINVAL)
        // A pipe without a writer would block for ever.
        let pipe = directory.appendingPathComponent("pipe").path
        try #require(unsafe mkfifo(pipe, 0o600) == 0)
        #expect(code(pipe) == EINVAL)
    }

    @Test("permissions for others are seen", arguments: [(0o600, false), (0o640, false), (0o644, true)])
    func permissions(mode: Int, isReadable: Bool) throws {
        let path = try write("x")
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        #expect(try SmallFile.read(path, limit: 5).isReadableByOthers == isReadable)
    }

    @Test("a replaced or rewritten file is another one")
    func identity() throws {
        let path = try write("one")
        let first = try SmallFile.identity(of: path)
        try FileManager.default.removeItem(atPath: path)
        #expect(try SmallFile.identity(of: try write("twoo")) != first)
    }
}
