// SPDX-License-Identifier: Apache-2.0

extension ConfigurationReader {
    /// Listeners, clients, limits, clocks and logs.
    mutating func readServer(_ configuration: inout Configuration, cores: Int) {
        readListeners(&configuration)
        readLoops(&configuration, cores: cores)
        boolean("RELAY_HALF_CLOSE", into: &configuration.halfClose)
        readClients(&configuration)
        readLimits(&configuration.limits)
        readClocks(&configuration.clocks)
        read("RELAY_RETRY", into: &configuration.retry, ConfigurationValue.retry)
        choice("RELAY_LOG_FORMAT", into: &configuration.log.format)
        choice("RELAY_LOG_LEVEL", into: &configuration.log.level)
        choice("RELAY_LOG_BODIES", into: &configuration.log.bodies)
        if configuration.log.bodies != .off {
            warn(
                "RELAY_LOG_BODIES", "is on: what users write and read goes into the log; switch it off after debugging")
        }
    }

    /// All that `health` needs to know.
    mutating func readListeners(_ configuration: inout Configuration) {
        read("RELAY_LISTEN", into: &configuration.listen, ListenAddress.parse)
        configuration.adminListen = parsed("RELAY_ADMIN_LISTEN", ListenAddress.parse)
        guard let admin = configuration.adminListen, admin == configuration.listen else { return }
        if case .tcp(_, port: 0) = admin { return }
        refuse(
            "RELAY_ADMIN_LISTEN", "\"\(admin.text)\" is RELAY_LISTEN too; give it an address of its own or leave it out"
        )
    }

    private mutating func readLoops(_ configuration: inout Configuration, cores: Int) {
        configuration.loops = min(max(cores, 1), 256)
        derived["RELAY_LOOPS"] = String(configuration.loops)
        read("RELAY_LOOPS", into: &configuration.loops) { text throws(ValueError) in
            if text.lowercased() == "auto" { return min(max(cores, 1), 256) }
            guard let value = try? ConfigurationValue.integer(text), (1...256).contains(value) else {
                throw ValueError("is not a number of threads (1 to 256, or auto)")
            }
            return value
        }
    }

    private mutating func readClients(_ configuration: inout Configuration) {
        var clients = ClientConfiguration()
        let setting = setting("RELAY_CLIENT_KEYS")
        clients.keysFile = setting?.file
        clients.keys = parsed("RELAY_CLIENT_KEYS", ConfigurationValue.clientKeys)
        boolean("RELAY_ALLOW_ANONYMOUS", into: &clients.allowAnonymous)
        read("RELAY_CLIENT_LIMITS", into: &clients.limits, ConfigurationValue.rates)
        if let keys = clients.keys, clients.keysFile == nil {
            let names = Set(keys.map { ClientAuthenticator.label($0.name) })
            for name in clients.limits.keys.sorted() where !names.contains(name) {
                warn(
                    "RELAY_CLIENT_LIMITS", "\"\(SafeText.printable(name, limit: 80))\" is no name in RELAY_CLIENT_KEYS")
            }
        }
        configuration.clients = clients
        let isGiven =
            environment["RELAY_CLIENT_KEYS"]?.isEmpty == false
            || environment["RELAY_CLIENT_KEYS_FILE"]?.isEmpty == false
        if !isGiven { checkAnonymous(configuration) }
    }

    /// Whoever reaches a relay without keys spends the company's tokens: that has to be asked for.
    private mutating func checkAnonymous(_ configuration: Configuration) {
        let isOpen = !configuration.listen.isLocal
        if isOpen && !configuration.clients.allowAnonymous {
            refuse(
                "RELAY_LISTEN",
                "\"\(configuration.listen.text)\" can be reached by others and no client keys are set; set RELAY_CLIENT_KEYS, "
                    + "or RELAY_ALLOW_ANONYMOUS=true to serve everybody, or listen on 127.0.0.1 or unix:/path")
        } else if isOpen {
            warn(
                "RELAY_ALLOW_ANONYMOUS",
                "is true: everybody who reaches \(configuration.listen.text) can use the upstream; set RELAY_CLIENT_KEYS to stop that"
            )
        }
        if let admin = configuration.adminListen, !admin.isLocal {
            warn(
                "RELAY_ADMIN_LISTEN", "\"\(admin.text)\" shows metrics and the status page to everybody who reaches it")
        }
    }

    private mutating func readLimits(_ limits: inout LimitConfiguration) {
        integer("RELAY_MAX_CONNECTIONS", into: &limits.maxConnections)
        integer("RELAY_MAX_INFLIGHT", into: &limits.maxInflight)
        integer("RELAY_QUEUE", into: &limits.queue)
        size("RELAY_MAX_HEADER", into: &limits.maxHeader)
        integer("RELAY_MAX_FIELDS", into: &limits.maxFields)
        size("RELAY_MAX_TARGET", into: &limits.maxTarget)
        size("RELAY_MAX_BODY", into: &limits.maxBody)
        size("RELAY_BODY_BUDGET", into: &limits.bodyBudget)
        size("RELAY_CLIENT_BUFFER", into: &limits.clientBuffer)
        guard limits.bodyBudget < limits.maxBody else { return }
        if isGiven("RELAY_BODY_BUDGET") {
            warn(
                "RELAY_BODY_BUDGET",
                "is less than RELAY_MAX_BODY, so that the largest body is never accepted; raise it or lower RELAY_MAX_BODY"
            )
        } else {
            limits.bodyBudget = limits.maxBody
            derived["RELAY_BODY_BUDGET"] = setting("RELAY_MAX_BODY")?.text
        }
    }

    private mutating func readClocks(_ clocks: inout ClockConfiguration) {
        duration("RELAY_QUEUE_WAIT", into: &clocks.queueWait)
        duration("RELAY_HEADER_TIMEOUT", into: &clocks.header)
        duration("RELAY_BODY_TIMEOUT", into: &clocks.body)
        duration("RELAY_KEEPALIVE_TIMEOUT", into: &clocks.keepAlive)
        duration("RELAY_CLIENT_WRITE_TIMEOUT", into: &clocks.clientWrite)
        duration("RELAY_CONNECT_TIMEOUT", into: &clocks.connect)
        duration("RELAY_FIRST_BYTE_TIMEOUT", into: &clocks.firstByte)
        duration("RELAY_IDLE_TIMEOUT", into: &clocks.idle)
        duration("RELAY_TOTAL_TIMEOUT", into: &clocks.total)
        duration("RELAY_DRAIN_TIMEOUT", into: &clocks.drain)
        duration("RELAY_SSE_HEARTBEAT", into: &clocks.heartbeat)
    }
}
