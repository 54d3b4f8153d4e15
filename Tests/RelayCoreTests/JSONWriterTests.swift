// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import RelayCore

@Suite struct JSONWriterTests {
    @Test("Commas stand between values and nowhere else")
    func writesCommas() {
        var json = JSONWriter(appendingTo: Array("x=".utf8))
        json.object {
            $0.member("a", 1)
            $0.name("b")
            $0.array {
                $0.array { _ in }
                $0.object { _ in }
                $0.int(UInt64.max)
                $0.null()
                $0.bool(false)
                $0.raw("[1]")
                $0.raw(Array("{}".utf8))
            }
            $0.member("c", "d")
            $0.member("e", true)
            $0.member("f", 0.5)
        }
        #expect(
            json.text == #"x={"a":1,"b":[[],{},18446744073709551615,null,false,[1],{}],"c":"d","e":true,"f":0.5}"#)
    }

    @Test(
        "Fractions are JSON numbers that read back the same, or null",
        arguments: [
            (0, "0.0"), (-1.5, "-1.5"), (1e300, "1e+300"), (.leastNonzeroMagnitude, "5e-324"), (.infinity, "null"),
            (-.infinity, "null"), (.nan, "null"), (0.1, "0.1"), (1e16, "1e+16"),
        ] as [(Double, String)])
    func writesFractions(value: Double, expected: String) {
        var json = JSONWriter()
        json.double(value)
        #expect(json.text == expected)
        if value.isFinite { #expect(JSONNumber.double(json.text) == value) }
    }

    @Test("Quotes, backslashes and every control character are escaped, the rest is left alone")
    func escapes() throws {
        #expect(jsonEscaped("a\"\\/\u{7f}é你\u{2028}") == "a\\\"\\\\/\u{7f}é你\u{2028}")
        #expect(jsonEscaped("\u{8}\t\n\u{C}\r\u{0}\u{1f}\u{1b}") == #"\b\t\n\f\r\u0000\u001f\u001b"#)
        for code in UInt8(0)..<0x80 {
            let text = String(Unicode.Scalar(code))
            let read = try JSONValue(parsing: Array("\"\(jsonEscaped(text))\"".utf8))
            #expect(read == .string(text))
        }
    }
}
