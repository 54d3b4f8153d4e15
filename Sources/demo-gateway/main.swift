// SPDX-License-Identifier: Apache-2.0
// A stand-in for a company's LLM gateway, to try and to test the relay against:
//   Options, Gateway          what it is told, and where requests go
//   Server/                   its own small HTTP/1.1 server on threads; shares no code with the relay
//   TokenDesk, Control        short-lived tokens; misbehaviour on request, and what it has seen
//   Endpoints/                the OpenAI endpoints
import Foundation
import RelayTestSupport

do {
    let options = try Options(
        arguments: Array(CommandLine.arguments.dropFirst()), environment: ProcessInfo.processInfo.environment)
    if options.wantsHelp {
        say(Options.help)
        exit(0)
    }
    let gateway = Gateway(options: options)
    let listener = try Listener(on: options.listen) { socket in gateway.serve(socket) }
    say("demo-gateway: listening on \(listener.endpoint)")
    while true { sleep(86_400) }
} catch {
    FileHandle.standardError.write(Data("demo-gateway: \(error)\n".utf8))
    exit(64)
}

/// One line on standard output, at once.
func say(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }
