// SPDX-License-Identifier: Apache-2.0
import HTTPWire
import Testing

@Suite struct `Parse errors` {
    @Test(arguments: ParseError.allCases)
    func `have a status of the closed set and a text of their own`(error: ParseError) {
        #expect([400, 414, 417, 431, 501, 505].contains(error.status))
        #expect(!error.text.isEmpty)
        #expect(!error.text.hasSuffix("."))
        #expect(ParseError.allCases.filter { $0.text == error.text } == [error])
    }

    /// Clients decide by these words whether to try again; ours must not say what was not meant.
    @Test(arguments: ParseError.allCases.filter { $0.status >= 500 })
    func `use no word that clients act upon in a 5xx`(error: ParseError) {
        let words = [
            "auth", "key", "quota", "capacity", "credit", "billing", "balance", "format", "invalid", "parameter",
        ]
        for word in words { #expect(!error.text.lowercased().contains(word)) }
    }
}
