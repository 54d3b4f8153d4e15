// SPDX-License-Identifier: Apache-2.0
import RelayCore
import Testing

@Suite struct ConfigurationListTests {
    @Test func `Lists split at commas and line ends, trimmed, without empty items`() {
        #expect(ConfigurationValue.list(" a, b,,\r\nc\n\n ,d\t") == ["a", "b", "c", "d"])
        #expect(ConfigurationValue.list(" , \n") == [])
    }

    @Test func `Headers keep their order, spelling and empty values`() throws {
        let pairs = try ConfigurationValue.headers(#"{"X-b":"1","A":"ü","x":""}"#)
        #expect(
            pairs == [
                HeaderPair(name: "X-b", value: "1"), HeaderPair(name: "A", value: "ü"),
                HeaderPair(name: "x", value: ""),
            ])
        #expect(try ConfigurationValue.headers("{}") == [])
    }

    @Test(
        arguments: [
            "", "[]", "X: 1", #"{"X":1}"#, #"{"X":null}"#, #"{"":"x"}"#, #"{"X Y":"x"}"#, #"{"X:":"x"}"#,
            #"{"X":"a\r\nEvil: 1"}"#,
            #"{"X":"a\u0000"}"#, #"{"X":" a"}"#, #"{"X":"a "}"#, #"{"Host":"x"}"#, #"{"content-length":"1"}"#,
            #"{"Connection":"x"}"#,
            #"{"Transfer-Encoding":"x"}"#, #"{"X":"1","x":"2"}"#, #"{"X":"1"} x"#, #"{"X":"1",}"#, #"{"Ü":"1"}"#,
            #"{"TE":"x"}"#,
        ]
    ) func `Headers that could break a message are refused`(text: String) {
        #expect(refusal { () throws(ValueError) in try ConfigurationValue.headers(text) } != nil)
    }

    @Test func `Model entries keep colons and slashes; the length stands behind a bar`() throws {
        #expect(
            try ConfigurationValue.models("qwen3:32b|131072, ft:acme/x ,bge-m3\n")
                == [
                    ModelEntry(id: "qwen3:32b", maxModelLength: 131_072), ModelEntry(id: "ft:acme/x"),
                    ModelEntry(id: "bge-m3"),
                ])
    }

    @Test(arguments: ["a|", "a|0", "a|-1", "a|1k", "|5", "a,a", "a|+5", "a|99999999999999999999"])
    func `Model entries that make no sense are refused`(text: String) {
        #expect(refusal { () throws(ValueError) in try ConfigurationValue.models(text) } != nil)
    }

    @Test func `Path prefixes lose their outer and doubled slashes`() throws {
        let loaded = try load(adding: [
            "RELAY_BASE_PATH": "/agent//api/llm_proxy/, /, b ,b", "RELAY_EXTRA_PATHS": "/custom/v2/,x",
        ])
        #expect(loaded.configuration.paths.basePaths == ["/agent/api/llm_proxy", "/b"])
        #expect(loaded.configuration.paths.extraPaths == ["custom/v2", "x"])
    }

    @Test(arguments: ["/a/../b", ".", "/a b", "/a%2e", "/a?b", "/a#b", "https://h/\\"])
    func `Path prefixes that could climb or hide are refused`(text: String) {
        #expect(problems(adding: ["RELAY_BASE_PATH": text]).map(\.variable) == ["RELAY_BASE_PATH"])
    }

    @Test(
        arguments: [
            ("connect=2,429=1,503=1", 2, 1, 1), ("429=1", 0, 1, 0), ("off", 0, 0, 0), ("OFF", 0, 0, 0),
            ("connect=0", 0, 0, 0),
            (" connect = 10 ", 10, 0, 0), ("0", 0, 0, 0),
        ]
    ) func `Retries replace the default as a whole`(text: String, connect: Int, tooMany: Int, unavailable: Int) throws {
        let retry = try ConfigurationValue.retry(text)
        #expect(retry.connect == connect)
        #expect(retry.tooManyRequests == tooMany)
        #expect(retry.unavailable == unavailable)
    }

    @Test(arguments: ["connect", "connect=", "connect=11", "connect=-1", "500=1", "connect=1,connect=2", "2"])
    func `Other retries are refused`(text: String) {
        #expect(refusal { () throws(ValueError) in try ConfigurationValue.retry(text) } != nil)
    }

    @Test func `Maps split at the first equals sign`() throws {
        #expect(try ConfigurationValue.map("gpt-4o=qwen=x, b = c ,") == ["gpt-4o": "qwen=x", "b": "c"])
    }

    @Test(arguments: ["a", "a=", "=b", "a=1,a=2"]) func `Maps with holes are refused`(text: String) {
        #expect(refusal { () throws(ValueError) in try ConfigurationValue.map(text) } != nil)
    }

    @Test(arguments: ["a=0", "a=-1", "a=1.5", "a=x", "a=1000001"]) func `Rates are whole numbers above zero`(
        text: String
    ) {
        #expect(problems(adding: ["RELAY_CLIENT_LIMITS": text]).map(\.variable) == ["RELAY_CLIENT_LIMITS"])
    }

    @Test func `Form pairs are percent-decoded and a plus stays`() throws {
        #expect(
            try ConfigurationValue.formPairs("a=b%20c&d=1+2&e=&f=x%3Dy=z&")
                == [
                    HeaderPair(name: "a", value: "b c"), HeaderPair(name: "d", value: "1+2"),
                    HeaderPair(name: "e", value: ""),
                    HeaderPair(name: "f", value: "x=y=z"),
                ])
    }

    @Test(arguments: ["a", "=b", "a=%2", "a=%zz", "a=%ff", "a=%+1"]) func `Broken form pairs are refused`(text: String)
    {
        #expect(refusal { () throws(ValueError) in try ConfigurationValue.formPairs(text) } != nil)
    }

    @Test(
        arguments: [
            (#"["/bin/get","--x=a b",""]"#, ExecTokenConfiguration.Command.argv(["/bin/get", "--x=a b", ""])),
            ("/bin/get-token", .argv(["/bin/get-token"])),
        ]
    ) func `Commands are one path or a JSON array`(text: String, command: ExecTokenConfiguration.Command) throws {
        #expect(try ConfigurationValue.command(text) == command)
    }

    @Test(arguments: ["/bin/get --x", "[]", "[1]", #"["a\u0000"]"#, #"[""]"#, #"["a""#, "\"/bin/get\" x"])
    func `Other commands are refused`(text: String) {
        #expect(refusal { () throws(ValueError) in try ConfigurationValue.command(text) } != nil)
    }

    @Test(
        arguments: [
            ("RELAY_LISTN", "RELAY_LISTEN"), ("RELAY_UPSTREAM_UR", "RELAY_UPSTREAM_URL"),
            ("RELAY_OAUTH_CLIENTID", "RELAY_OAUTH_CLIENT_ID"),
            ("RELAY_LSITEN", "RELAY_LISTEN"), ("RELAY_CLIENT_KEY", "RELAY_CLIENT_KEYS"),
            ("RELAY_OAUTH_CLIENT_SECRET_FIEL", "RELAY_OAUTH_CLIENT_SECRET_FILE"), ("RELAY_COMPLETELY_ELSE", nil),
            ("RELAY_X", nil), ("RELAY_upstream_url", "RELAY_UPSTREAM_URL"),
            ("RELAY_OAUTH_SECRET", "RELAY_OAUTH_CLIENT_SECRET"), ("RELAY_TOKEN_URL", "RELAY_TOKEN_HTTP_URL"),
            ("RELAY_KEYS", "RELAY_CLIENT_KEYS"), ("RELAY_TOKEN_REUATH", "RELAY_TOKEN_REAUTH_ON"),
            ("RELAY_LISTEN_ADDRESS", "RELAY_LISTEN"), ("RELAY_LOG", "RELAY_LOG_LEVEL"), ("RELAY", nil),
            ("RELAY_", nil),
        ] as [(String, String?)]
    ) func `A mistyped name finds the one that was meant`(name: String, nearest: String?) {
        #expect(NearestName.find(name, among: ConfigurationKey.knownNames) == nearest)
    }

    @Test(arguments: [
        ("", "", 0), ("a", "", 1), ("ab", "ba", 1), ("kitten", "sitting", 3), ("abc", "abc", 0), ("abcd", "acbd", 1),
    ])
    func `Edits are counted, a swap as one`(a: String, b: String, distance: Int) {
        #expect(NearestName.distance(Array(a.utf8), Array(b.utf8)) == distance)
        #expect(NearestName.distance(Array(b.utf8), Array(a.utf8)) == distance)
    }
}
