// SPDX-License-Identifier: Apache-2.0

extension RequestHead {
    /// Checks a complete head and decides framing, persistence and expectation.
    ///
    /// - Throws: what is wrong first, in the order Host, framing, expectation.
    init(
        checking method: String, target: RequestTarget, minorVersion: Int, fields: FieldSection
    ) throws(ParseError) {
        let known = KnownFields(fields)
        self.init(method: method, target: target, minorVersion: minorVersion, fields: fields, framing: .none)
        try Self.checkHost(known.hosts, minorVersion: minorVersion)
        if let authority = target.authority { self.fields.set("Host", to: authority) }
        framing = try Self.framing(known, minorVersion: minorVersion)
        let options = known.hasConnection ? ConnectionOptions(fields) : nil
        keepAlive =
            !(options?.contains("close") ?? false) && (minorVersion > 0 || options?.contains("keep-alive") ?? false)
        if minorVersion > 0, try Self.isContinueExpected(known.expectations) {
            expectsContinue = framing != .none && framing != .length(0)
        }
    }

    /// Host is there exactly once and well-formed; HTTP/1.0 may leave it out (RFC 9112 §3.2).
    private static func checkHost(_ hosts: [[UInt8]], minorVersion: Int) throws(ParseError) {
        guard let host = hosts.first else {
            if minorVersion > 0 { throw .hostMissing }
            return
        }
        guard hosts.count == 1 else { throw .hostRepeated }
        guard Authority.isValid(host[...]) else { throw .host }
    }

    /// One length, or exactly `chunked`, or no body; every doubtful mixture is refused (RFC 9112 §6.3).
    private static func framing(_ known: KnownFields, minorVersion: Int) throws(ParseError) -> BodyFraming {
        if let coding = known.transferEncodings.first {
            if !known.contentLengths.isEmpty { throw .lengthWithTransferEncoding }
            if minorVersion == 0 { throw .transferEncodingInHTTP10 }
            guard known.transferEncodings.count == 1 else { throw .transferEncoding }
            if equalIgnoringCase(coding[...], "chunked") { return .chunked }
            throw isUnknownCoding(coding) ? .transferCodingUnknown : .transferEncoding
        }
        guard let length = known.contentLengths.first else { return .none }
        guard known.contentLengths.count == 1 else { throw .contentLengthRepeated }
        guard let number = decimal(length) else { throw .contentLength }
        return .length(number)
    }

    /// Whether the value is a clean list of codings that ends in its only `chunked`, so that the length of the body
    /// would be certain to whoever knew the others (RFC 9112 §6.1).
    private static func isUnknownCoding(_ value: [UInt8]) -> Bool {
        let codings = Array(ListElements(value))
        let isChunked = codings.map { equalIgnoringCase($0, "chunked") }
        return codings.count > 1 && isChunked.last == true && !isChunked.dropLast().contains(true)
            && codings.allSatisfy { isToken($0) }
    }

    private static func isContinueExpected(_ expectations: [[UInt8]]) throws(ParseError) -> Bool {
        for value in expectations {
            let elements = Array(ListElements(value))
            guard !elements.isEmpty, elements.allSatisfy({ equalIgnoringCase($0, "100-continue") }) else {
                throw .expectation
            }
        }
        return !expectations.isEmpty
    }
}

/// The values of the few fields that the wire itself depends on, gathered in one pass.
private struct KnownFields {
    var hosts: [[UInt8]] = []
    var contentLengths: [[UInt8]] = []
    var transferEncodings: [[UInt8]] = []
    var expectations: [[UInt8]] = []
    var hasConnection = false

    init(_ fields: FieldSection) {
        for field in fields {
            // The length of the name alone rules out almost every field.
            switch field.name.utf8.count {
            case 4 where Field.sameName(field.name, "host"): hosts.append(field.valueBytes)
            case 6 where Field.sameName(field.name, "expect"): expectations.append(field.valueBytes)
            case 10 where Field.sameName(field.name, "connection"): hasConnection = true
            case 14 where Field.sameName(field.name, "content-length"): contentLengths.append(field.valueBytes)
            case 17 where Field.sameName(field.name, "transfer-encoding"): transferEncodings.append(field.valueBytes)
            default: continue
            }
        }
    }
}
