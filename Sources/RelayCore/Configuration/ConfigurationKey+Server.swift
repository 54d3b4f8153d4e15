// SPDX-License-Identifier: Apache-2.0

extension ConfigurationKey {
    private static let day: Duration = .seconds(86_400)

    /// The client side and the process as a whole.
    static let server: [ConfigurationKey] = [
        ConfigurationKey(
            "RELAY_LISTEN", .listening, .address, default: "127.0.0.1:8080", "Where clients connect.",
            hint: "host:port, [::]:8080, :8080 or unix:/path. The image sets 0.0.0.0:8080. Port 0: the kernel chooses.",
            example: "0.0.0.0:8080", essential: true),
        ConfigurationKey(
            "RELAY_ADMIN_LISTEN", .listening, .address,
            "A second address for the status page, metrics and health; the first keeps only health.",
            example: "127.0.0.1:9090"),
        ConfigurationKey(
            "RELAY_LOOPS", .listening, .text("number, or auto"), default: "auto",
            "Event-loop threads, 1 to 256; auto is one for each core."),
        ConfigurationKey(
            "RELAY_HALF_CLOSE", .listening, .boolean, default: "false",
            "Serve clients that shut their sending side and still read; otherwise that counts as gone."),

        .secret(
            "RELAY_CLIENT_KEYS", .clients, .list("list of key or name:key"),
            "Keys that clients may use, as a bearer token, api-key or x-api-key.",
            hint:
                "The name ends at the first colon and appears in logs and metrics. The file is read again when it changes.",
            example: "ragflow:sk-choose-one,dify:sk-choose-another", essential: true),
        ConfigurationKey(
            "RELAY_CLIENT_LIMITS", .clients, .list("list of name=requests per minute"),
            "Limits by client name; more is answered 429.", example: "ragflow=600,dify=60"),
        ConfigurationKey(
            "RELAY_ALLOW_ANONYMOUS", .clients, .boolean, default: "false",
            "Start without keys on an address that others can reach.", essential: true),

        ConfigurationKey(
            "RELAY_MAX_CONNECTIONS", .limits, .integer(1...1_000_000), default: "10000", "Client connections at once."),
        ConfigurationKey(
            "RELAY_MAX_INFLIGHT", .limits, .integer(1...1_000_000), default: "4096", "Upstream calls at once."),
        ConfigurationKey(
            "RELAY_QUEUE", .limits, .integer(0...1_000_000), default: "1024", "Requests that may wait for a place."),
        ConfigurationKey(
            "RELAY_QUEUE_WAIT", .limits, .duration(.milliseconds(1)...(.seconds(3_600)), word: nil), default: "10s",
            "Longest wait for a place, then 429."),
        ConfigurationKey(
            "RELAY_MAX_HEADER", .limits, .size(1_024...(16 << 20)), default: "64KiB",
            "Size of a request's header, else 431."),
        ConfigurationKey(
            "RELAY_MAX_FIELDS", .limits, .integer(1...10_000), default: "128", "Fields in a request's header, else 431."
        ),
        ConfigurationKey(
            "RELAY_MAX_TARGET", .limits, .size(64...(1 << 20)), default: "16KiB", "Length of path and query, else 414."),
        ConfigurationKey(
            "RELAY_MAX_BODY", .limits, .size(1_024...(64 << 30)), default: "64MiB",
            "Size of a request's body, else 413."),
        ConfigurationKey(
            "RELAY_BODY_BUDGET", .limits, .size(1_024...(1 << 40)), default: "512MiB",
            "Memory for all request bodies together, else 503.",
            hint: "Unless it is set, a larger RELAY_MAX_BODY raises it."),
        ConfigurationKey(
            "RELAY_CLIENT_BUFFER", .limits, .size(4_096...(1 << 30)), default: "256KiB",
            "Bytes that may wait for one slow client before reading from upstream pauses."),

        ConfigurationKey(
            "RELAY_HEADER_TIMEOUT", .clocks, .duration(.milliseconds(10)...day, word: nil), default: "10s",
            "Time for a request's whole header."),
        ConfigurationKey(
            "RELAY_BODY_TIMEOUT", .clocks, .duration(.milliseconds(10)...day, word: nil), default: "30s",
            "Longest gap between bytes of a request's body."),
        ConfigurationKey(
            "RELAY_KEEPALIVE_TIMEOUT", .clocks, .duration(.milliseconds(10)...day, word: nil), default: "75s",
            "How long an idle client connection stays open."),
        ConfigurationKey(
            "RELAY_CLIENT_WRITE_TIMEOUT", .clocks, .duration(.milliseconds(10)...day, word: nil), default: "60s",
            "A client that takes no byte for so long is dropped."),
        ConfigurationKey(
            "RELAY_CONNECT_TIMEOUT", .clocks, .duration(.milliseconds(10)...(.seconds(3_600)), word: nil),
            default: "10s",
            "Upstream: name, TCP and TLS together."),
        ConfigurationKey(
            "RELAY_FIRST_BYTE_TIMEOUT", .clocks, .duration(.milliseconds(10)...day, word: nil), default: "600s",
            "Upstream: from the request to the head of the answer."),
        ConfigurationKey(
            "RELAY_IDLE_TIMEOUT", .clocks, .duration(.milliseconds(10)...day, word: nil), default: "300s",
            "Upstream: longest gap between pieces of an answer."),
        ConfigurationKey(
            "RELAY_TOTAL_TIMEOUT", .clocks, .duration(.milliseconds(10)...(day * 7), word: "off"), default: "off",
            "Longest exchange as a whole."),
        ConfigurationKey(
            "RELAY_DRAIN_TIMEOUT", .clocks, .duration(.zero...day, word: nil), default: "30s",
            "After SIGTERM: how long running exchanges may take."),
        ConfigurationKey(
            "RELAY_SSE_HEARTBEAT", .clocks, .duration(.milliseconds(100)...(.seconds(3_600)), word: "off"),
            default: "off",
            "Write a comment between events while upstream is silent for so long.", example: "15s"),
        ConfigurationKey(
            "RELAY_RETRY", .clocks, .text("list of connect, 429, 503 with counts, or off"), default: "connect=2",
            "Retries before any byte went to the client.",
            hint: "The value replaces the default as a whole: a cause that is not named is not retried.",
            example: "connect=2,429=1,503=1"),

        ConfigurationKey(
            "RELAY_LOG_FORMAT", .logging, .choice(["json", "text"]), default: "json",
            "Form of the log on standard output."),
        ConfigurationKey(
            "RELAY_LOG_LEVEL", .logging, .choice(["debug", "info", "warn", "error"]), default: "info",
            "Least level that is written."),
        ConfigurationKey(
            "RELAY_LOG_BODIES", .logging, .choice(["off", "head", "full"]), default: "off",
            "Log request and answer bodies, for debugging only: they are your users' words."),
    ]
}
