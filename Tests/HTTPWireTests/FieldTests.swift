// SPDX-License-Identifier: Apache-2.0
import HTTPWire
import Testing

@Suite struct `Fields` {
    @Test func `are found in any case, in order, with duplicates`() {
        let fields: FieldSection = ["X-A": "1", "Host": "a", "x-a": "2"]
        #expect(fields.values(of: "X-a") == ["1", "2"])
        #expect(fields.value(of: "x-A") == "1")
        #expect(fields.first("HOST") == Field(name: "Host", value: "a"))
        #expect(fields.contains("hoST"))
        #expect(!fields.contains("Hos"))
        #expect(fields.value(of: "none") == nil)
        #expect(fields.map(\.name) == ["X-A", "Host", "x-a"])
    }

    @Test func `are told apart by more than the case bit`() {
        // Octets that differ from each other by 0x20 alone are not letters of two cases.
        #expect(!Field.sameName("X-A@", "X-A`"))
        #expect(!Field.sameName("X-A^", "X-A~"))
        #expect(Field.sameName("X-Az", "x-aZ"))
    }

    @Test func `are removed and set by name`() {
        var fields: FieldSection = ["A": "1", "B": "2", "a": "3", "C": "4", "a": "5"]
        fields.set("a", to: "6")
        #expect(fields == ["a": "6", "B": "2", "C": "4"])
        fields.set("D", to: "7")
        #expect(fields.last == Field(name: "D", value: "7"))
        fields.removeAll("b")
        fields.removeAll { $0.value == "4" }
        #expect(fields == ["a": "6", "D": "7"])
        #expect(fields.count == 2)
    }

    @Test func `keep every octet of a value`() {
        let octets = Array(UInt8(0x80)...0xFF)
        #expect(Field(name: "X", valueBytes: octets).valueBytes == octets)
        #expect(Field(name: "X", valueBytes: [0x63, 0xE9]).value == "c\u{E9}")
        #expect(Field(name: "X", value: "中").valueBytes == Array("中".utf8))
        #expect(Field(name: "X", valueBytes: Array("中".utf8)).value == "中")
        var field = Field(name: "X", value: "")
        field.value = "é"
        #expect(field.valueBytes == [0xC3, 0xA9])
    }

    @Test(arguments: [
        ("X", "a b\tc", true), ("X", "", true), ("X", "中", true), ("", "a", false), ("X Y", "a", false),
        ("X:", "a", false), ("Ü", "a", false), ("X", "a\r\nB: c", false), ("X", "a\0", false), ("X", " a", false),
        ("X", "a\t", false), ("X\r\n", "a", false), ("X", "a\u{7F}", false),
    ])
    func `are well-formed or not`(name: String, value: String, expected: Bool) {
        #expect(Field(name: name, value: value).isWellFormed == expected)
    }

    @Test(arguments: [
        (["close"], ["close"]), (["Keep-Alive, X-Foo"], ["keep-alive", "x-foo"]), ([" ,, a ,\tB\t,"], ["a", "b"]),
        (["a", "b, c"], ["a", "b", "c"]), ([""], []), (["a b, \"c\", d"], ["d"]), ([], []),
    ])
    func `named in Connection are listed`(values: [String], expected: [String]) {
        var fields: FieldSection = ["Connections": "x"]
        for value in values { fields.append(name: "cOnnection", value: value) }
        let options = ConnectionOptions(fields)
        #expect(options.names == expected)
        for name in expected { #expect(options.contains(name.uppercased())) }
        #expect(!options.contains("x"))
    }

    @Test func `do not show their values when they are printed`() {
        let head = RequestHead(
            method: "GET", target: RequestTarget(path: "/"), fields: ["Authorization": "Bearer sesame"])
        var dumped = ""
        dump(head.fields, to: &dumped)
        for text in ["\(head)", String(reflecting: head), "\(head.fields)", "\(Array(head.fields))", dumped] {
            #expect(text.contains("Authorization"))
            #expect(!text.contains("sesame"))
            #expect(!text.contains(String(UInt8(ascii: "s"))), "nor their octets")
        }
    }
}
