# SPDX-License-Identifier: Apache-2.0
"""Reads an image's root from a tar file and prints its bill of materials as SPDX 2.3 JSON."""
import hashlib
import json
import re
import sys
import tarfile

RECORDS = "var/lib/dpkg/status.d/"
BINARIES = "usr/local/bin/"
# What goes into the binary with --static-swift-stdlib; its version is the one line the build leaves beside it.
SWIFT = "usr/share/doc/swift/version"


def identifier(text):
    return "SPDXRef-" + re.sub(r"[^A-Za-z0-9.-]", "-", text)


def paragraph(text):
    """The fields of a dpkg record."""
    fields, name = {}, None
    for line in text.splitlines():
        if line[:1] in (" ", "\t"):
            fields[name] += "\n" + line
        elif ":" in line:
            name, value = line.split(":", 1)
            fields[name] = value.strip()
    return fields


def read(path):
    """Every regular file by its path, and the dpkg records by package."""
    files, records, swift, release = {}, {}, None, {}
    with tarfile.open(path) as root:
        for member in root:
            if not member.isfile() and not member.islnk():
                continue
            name = member.name.removeprefix("./")
            content = root.extractfile(member).read()
            files[name] = content
            if name.startswith(RECORDS):
                record = paragraph(content.decode())
                records[record["Package"]] = record
            elif name == SWIFT:
                swift = content.decode().strip()
            elif name == "etc/os-release":
                release = dict(line.split("=", 1) for line in content.decode().splitlines() if "=" in line)
    return files, records, swift, release


def checksums(content):
    return [{"algorithm": "SHA256", "checksumValue": hashlib.sha256(content).hexdigest()},
            {"algorithm": "SHA1", "checksumValue": hashlib.sha1(content).hexdigest()}]


def package(name, version, licence, supplier, **more):
    return {"SPDXID": identifier("Package-" + name), "name": name, "versionInfo": version,
            "downloadLocation": "NOASSERTION", "licenseConcluded": licence, "licenseDeclared": licence,
            "copyrightText": "NOASSERTION", "supplier": supplier, "filesAnalyzed": False} | more


def debian(record, codename):
    source = record.get("Source", record["Package"]).split(" ")[0]
    locator = "pkg:deb/debian/{}@{}?arch={}&distro={}".format(
        record["Package"], record["Version"].replace("+", "%2B").replace(":", "%3A").replace("~", "~"),
        record["Architecture"], codename)
    return package(
        record["Package"], record["Version"], "NOASSERTION", "Organization: Debian", sourceInfo="built from " + source,
        comment="licence: /usr/share/doc/{}/copyright in the image".format(record["Package"]),
        externalRefs=[{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": locator}])


def owners(record):
    """The paths that the assembly noted in a record as taken from that package."""
    return record.get("Image-Files", "").split()


def relation(a, kind, b):
    return {"spdxElementId": a, "relationshipType": kind, "relatedSpdxElement": b}


def document(path):
    files, records, swift, release = read(path)
    products = sorted(name for name in files if name.startswith(BINARIES))
    if len(products) != 1 or swift is None:
        sys.exit("sbom: not an image of this project: no single binary, or no Swift version beside it")
    product = products[0].removeprefix(BINARIES)
    version = re.search(rb"VERSION=(\S+)", files.get("usr/share/doc/%s/version" % product, b"")) or None
    version = version.group(1).decode() if version else "NOASSERTION"

    packages = [
        package(product, version, "Apache-2.0", "NOASSERTION", primaryPackagePurpose="APPLICATION"),
        package("swift-runtime", swift, "Apache-2.0 WITH Swift-exception", "Organization: Swift.org",
                comment="standard library, Foundation, libdispatch and ICU, linked into the binary"),
    ]
    relations = [
        relation("SPDXRef-DOCUMENT", "DESCRIBES", packages[0]["SPDXID"]),
        relation(packages[0]["SPDXID"], "STATIC_LINK", packages[1]["SPDXID"]),
    ]
    owner = {products[0]: packages[0]["SPDXID"]}
    codename = release.get("VERSION_CODENAME", "unknown")
    for name in sorted(records):
        item = debian(records[name], codename)
        packages.append(item)
        linked = any(path.endswith(".a") for path in owners(records[name]))
        relations.append(relation(packages[0]["SPDXID"], "STATIC_LINK" if linked else "DEPENDS_ON", item["SPDXID"]))
        for path in owners(records[name]):
            owner[path.lstrip("/")] = item["SPDXID"]

    entries, contents = [], {}
    for name in sorted(files):
        entry = {"SPDXID": identifier("File-" + name), "fileName": "./" + name, "checksums": checksums(files[name]),
                 "licenseConcluded": "NOASSERTION", "copyrightText": "NOASSERTION"}
        entries.append(entry)
        if name in owner:
            relations.append(relation(owner[name], "CONTAINS", entry["SPDXID"]))
            contents.setdefault(owner[name], []).append(entry["checksums"][1]["checksumValue"])
    for item in packages:
        if sums := contents.get(item["SPDXID"]):
            # SPDX 2.3, 7.9: the SHA-1 of the files' sorted SHA-1s.
            code = hashlib.sha1("".join(sorted(sums)).encode()).hexdigest()
            item |= {"filesAnalyzed": True, "packageVerificationCode": {"packageVerificationCodeValue": code}}
    unowned = [name for name in files if ".so" in name and name not in owner]
    if unowned:
        sys.exit("sbom: libraries of no known package: " + ", ".join(sorted(unowned)))

    digest = hashlib.sha256("".join(entry["checksums"][0]["checksumValue"] for entry in entries).encode()).hexdigest()
    return {
        "spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT", "name": product,
        "documentNamespace": "https://spdx.org/spdxdocs/{}-{}-{}".format(product, version, digest),
        # The image's own time: every file in it has it, and the document repeats with the image.
        "creationInfo": {"created": "1970-01-01T00:00:00Z", "creators": ["Tool: scripts/sbom"]},
        "packages": packages, "files": entries, "relationships": relations,
    }


json.dump(document(sys.argv[1]), sys.stdout, indent=2, sort_keys=True)
print()
