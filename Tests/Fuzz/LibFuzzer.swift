// SPDX-License-Identifier: Apache-2.0
import Glibc

// The entries of the libFuzzer build, made by scripts/fuzz; not part of the package.

/// Chosen by `FUZZ_TARGET`; one build holds all targets.
private let target: FuzzTarget = {
    let name = unsafe getenv("FUZZ_TARGET").map { unsafe String(cString: $0) } ?? ""
    guard let target = FuzzTarget(rawValue: name) else {
        preconditionFailure("FUZZ_TARGET is \"\(name)\", not one of \(FuzzTarget.allCases.map(\.rawValue))")
    }
    return target
}()

/// Traps if what must hold does not, which libFuzzer reports together with the input.
@c(LLVMFuzzerTestOneInput)
public func fuzzOneInput(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = unsafe Array(UnsafeBufferPointer(start: data, count: count))
    do {
        try target.run(input)
    } catch {
        // Written by hand: an optimised build drops the text of a trap.
        let text = Array("FINDING: \(error)\n".utf8)
        _ = unsafe write(2, text, text.count)
        abort()
    }
    return 0
}
