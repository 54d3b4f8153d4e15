// SPDX-License-Identifier: Apache-2.0

/// What this build calls itself: on the command line, in metrics and on the status page.
package enum Version {
    package static let number = "0.1.0"
}
