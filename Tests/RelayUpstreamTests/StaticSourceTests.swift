// SPDX-License-Identifier: Apache-2.0
import RelayCore
import RelayUpstream
import Testing

struct StaticSourceTests {
    @Test("a fixed token has no end and is never renewed")
    func fixed() async throws {
        let source = StaticTokenSource(.value(Secret("tok")))
        let grant = try await source.fetchOnce()
        #expect(grant.value.reveal == "tok")
        #expect(grant.lifetime == nil)
        #expect(!source.traits.isRenewable)
    }

    @Test("a fixed token from a file loses its line end")
    func file() async throws {
        let directory = try ScratchDirectory()
        let path = try directory.write("tok\r\n\n")
        #expect(try await StaticTokenSource(.file(path)).fetchOnce().value.reveal == "tok")
    }

    @Test("a token that would break a header is refused", arguments: ["a b", "a\nb", " a", "é"])
    func illegal(value: String) async {
        #expect(await StaticTokenSource(.value(Secret(value))).failure()?.cause == .illegalToken)
    }

    @Test("nothing is named, not sent")
    func empty() async {
        #expect(await StaticTokenSource(.value(Secret(""))).failure()?.cause == .secretUnavailable(name: "RELAY_TOKEN"))
        #expect(await StaticTokenSource(.file("/nowhere/x")).failure()?.cause == .secretUnavailable(name: "/nowhere/x"))
    }

    @Test("the factory makes the kind that is configured")
    func factory() throws {
        func made(_ source: TokenSourceConfiguration) throws -> (any TokenSource)? {
            var configuration = TokenConfiguration()
            configuration.source = source
            return try makeTokenSource(configuration, transport: ScriptedIssuer([]), environment: [:])
        }
        #expect(try made(.none) == nil)
        #expect(try made(.fixed(.value(Secret("t")))) is StaticTokenSource)
        #expect(try made(.file(FileTokenConfiguration(path: "/p"))) is FileTokenSource)
        #expect(try made(.exec(ExecTokenConfiguration(command: .shell("true")))) is ExecTokenSource)
        #expect(try made(.oauth2(OAuth2Configuration(tokenURL: "u"))) is OAuth2TokenSource)
        #expect(try made(.http(TemplateConfiguration(url: "u"))) is TemplateTokenSource)
    }
}
