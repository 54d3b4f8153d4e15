# SPDX-License-Identifier: Apache-2.0
"""Turns a corpus, one escaped input a line, into the folder of files that libFuzzer reads, and back.

    corpus.py unpack TARGET FOLDER     writes the inputs of Corpus/TARGET.txt into FOLDER
    corpus.py pack TARGET FOLDER       adds the files of FOLDER as lines

A line that begins with `#` says what the next one is for. The octets are written as in Tests/HTTPWireTests/Corpus,
whose messages are inputs of the request parser as well.
"""

import hashlib
import pathlib
import re
import sys

here = pathlib.Path(__file__).parent
names = {b"r": b"\r", b"n": b"\n", b"t": b"\t", b"0": b"\0", b"\\": b"\\"}


def decode(text: str) -> bytes:
    def octet(match: re.Match) -> bytes:
        code = match[1]
        return bytes([int(code[1:], 16)]) if code.startswith(b"x") else names[code]

    return re.sub(rb"\\(x[0-9a-f]{2}|[rnt0\\])", octet, text.encode())


def encode(octets: bytes) -> str:
    codes = {value: "\\" + name.decode() for name, value in names.items()}
    texts = (bytes([octet]) for octet in octets)
    return "".join(
        codes.get(octet) or (octet.decode() if 0x20 <= octet[0] < 0x7F else f"\\x{octet[0]:02x}") for octet in texts
    )


def lines(target: str) -> list[str]:
    path = here / "Corpus" / f"{target}.txt"
    return path.read_text("ascii").splitlines() if path.exists() else []


def inputs(target: str) -> set[bytes]:
    found = {decode(line) for line in lines(target) if line and not line.startswith("#")}
    if target == "request":
        for path in (here.parent / "HTTPWireTests" / "Corpus").glob("*.http"):
            wire = path.read_text("ascii").split("--- wire\n")[1].split("--- events\n")[0]
            found.add(decode(wire.replace("\n", "")))
    return found


def main() -> None:
    action, target, folder = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
    known = inputs(target)
    if action == "unpack":
        folder.mkdir(parents=True, exist_ok=True)
        for octets in known:
            (folder / hashlib.sha1(octets).hexdigest()).write_bytes(octets)
    elif action == "pack":
        new = {path.read_bytes() for path in folder.iterdir()} - known
        text = lines(target) + sorted(encode(octets) for octets in new if octets)
        (here / "Corpus" / f"{target}.txt").write_text("\n".join(text) + "\n", "ascii")
        print(f"{target}: {len(new)} new, {len(text)} lines")
    else:
        sys.exit(__doc__)


main()
