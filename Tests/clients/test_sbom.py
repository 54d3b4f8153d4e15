# SPDX-License-Identifier: Apache-2.0
"""scripts/sbom on small roots made here; scripts/image-check runs it on the real image."""
import hashlib
import io
import json
import subprocess
import sys
import tarfile

import pytest

from processes import ROOT

RECORD = """Package: libz1
Status: install ok installed
Source: zlib (1:1.2.13)
Version: 1:1.2.13+x1
Architecture: amd64
Description: compression
 a library
Image-Files:
 /lib/libz.so.1
"""
FILES = {
    "usr/local/bin/tokenrelay": b"\x7fELF binary",
    "usr/share/doc/tokenrelay/version": b"VERSION=1.2.3\n",
    "usr/share/doc/swift/version": b"6.3.1\n",
    "etc/os-release": b"ID=debian\nVERSION_CODENAME=bookworm\n",
    "lib/libz.so.1": b"\x7fELF library",
    "var/lib/dpkg/status.d/libz1": RECORD.encode(),
}


def run(tmp_path, files):
    path = tmp_path / "root.tar"
    with tarfile.open(path, "w") as root:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            root.addfile(member, io.BytesIO(content))
    return subprocess.run(
        [sys.executable, ROOT / "scripts" / "image" / "sbom.py", path], capture_output=True, text=True, timeout=120)


def test_names_the_binary_what_is_linked_into_it_and_each_library_with_its_package(tmp_path):
    result = run(tmp_path, FILES)
    assert result.returncode == 0, result.stderr
    document = json.loads(result.stdout)
    packages = {package["name"]: package for package in document["packages"]}
    assert {name: package["versionInfo"] for name, package in packages.items()} == {
        "tokenrelay": "1.2.3", "swift-runtime": "6.3.1", "libz1": "1:1.2.13+x1"}
    assert packages["libz1"]["externalRefs"][0]["referenceLocator"] == (
        "pkg:deb/debian/libz1@1%3A1.2.13%2Bx1?arch=amd64&distro=bookworm")
    sums = {entry["fileName"]: entry["checksums"][0]["checksumValue"] for entry in document["files"]}
    assert sums == {"./" + name: hashlib.sha256(content).hexdigest() for name, content in FILES.items()}
    relations = {(r["spdxElementId"], r["relationshipType"], r["relatedSpdxElement"]) for r in document["relationships"]}
    assert ("SPDXRef-Package-libz1", "CONTAINS", "SPDXRef-File-lib-libz.so.1") in relations
    assert ("SPDXRef-Package-tokenrelay", "DEPENDS_ON", "SPDXRef-Package-libz1") in relations


def test_the_same_image_gives_the_same_document_in_whatever_order_its_files_come(tmp_path):
    backwards = dict(reversed(FILES.items()))
    assert run(tmp_path, FILES).stdout == run(tmp_path, backwards).stdout


@pytest.mark.parametrize("name", ["lib/libunknown.so.2", "opt/x/libhidden.so"])
def test_a_library_that_no_package_brought_is_an_error(tmp_path, name):
    result = run(tmp_path, {**FILES, name: b"\x7fELF"})
    assert result.returncode != 0 and name in result.stderr


def test_what_is_not_such_an_image_is_an_error(tmp_path):
    assert run(tmp_path, {"etc/passwd": b"root"}).returncode != 0
