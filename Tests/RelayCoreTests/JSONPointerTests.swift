// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import RelayCore

@Suite struct JSONPointerTests {
    /// The document of RFC 6901 §5, with a few members more.
    static let document = #"""
        {"foo":["bar","baz"],"":0,"a/b":1,"c%d":2,"e^f":3,"g|h":4,"i\\j":5,"k\"l":6," ":7,"m~n":8,
         "deep":{"list":[{"x":[10,11]}],"01":9},"twice":1,"twice":{"last":true},"~1":12}
        """#

    @Test(
        "Pointers find what RFC 6901 says",
        arguments: [
            ("/foo/0", #""bar""#), ("/foo/1", #""baz""#), ("/", "0"), ("/a~1b", "1"), ("/c%d", "2"), ("/e^f", "3"),
            ("/g|h", "4"), ("/i\\j", "5"), ("/k\"l", "6"), ("/ ", "7"), ("/m~0n", "8"), ("/deep/list/0/x/1", "11"),
            ("/deep/01", "9"), ("/twice/last", "true"), ("/~01", "12"), ("/foo", #"["bar","baz"]"#),
        ])
    func finds(pointer: String, expected: String) throws {
        let document = try JSONValue(parsing: Array(Self.document.utf8))
        #expect(try document.value(at: pointer) == JSONValue(parsing: Array(expected.utf8)))
    }

    @Test("The empty pointer is the whole document")
    func findsAll() throws {
        let document = try JSONValue(parsing: Array(Self.document.utf8))
        #expect(document.value(at: "") == document)
        #expect(JSONValue.null.value(at: "") == .null)
    }

    @Test(
        "What is not there, or no pointer, finds nothing",
        arguments: [
            "foo", "#/foo", "/foo/2", "/foo/-", "/foo/00", "/foo/01", "/foo/-1", "/foo/+1", "/foo/1e0", "/foo/",
            "/foo/99999999999999999999", "/foo/0/x", "/nope", "/a/b", "/m~n", "/m~", "/m~2n", "/foo/0/", "//",
            "/deep/list/0/x/2", "/foo/٠", "/FOO",
        ])
    func findsNothing(pointer: String) throws {
        let document = try JSONValue(parsing: Array(Self.document.utf8))
        #expect(document.value(at: pointer) == nil)
    }

    @Test("Malformed pointers are told from well-formed ones", arguments: ["x", "/~", "/~2", "/a~", "~0", " /a"])
    func refusesMalformed(pointer: String) {
        #expect(JSONPointer(pointer) == nil)
    }
}
