# SPDX-License-Identifier: Apache-2.0
"""A gateway, and relays in front of it whose metrics are read as Prometheus reads them."""
import pathlib
import shutil
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "clients"))

from processes import ROOT, Gateway, Relay


@pytest.fixture(scope="session")
def gateway():
    gateway = Gateway("600s")
    yield gateway
    gateway.stop()


@pytest.fixture
def relay(gateway):
    relay = Relay(gateway)
    yield relay
    relay.stop()


@pytest.fixture(scope="session")
def promtool(tmp_path_factory):
    """Prometheus' own checker; taken out of Debian's package without installing that, which would start a server."""
    if found := shutil.which("promtool"):
        return found
    place = ROOT / ".venv" / "prometheus"
    found = place / "usr" / "bin" / "promtool"
    if not found.exists():
        try:
            directory = tmp_path_factory.mktemp("prometheus")
            subprocess.run(["apt-get", "download", "-qq", "prometheus"], cwd=directory, check=True, timeout=120,
                           capture_output=True)
            package = next(directory.glob("*.deb"))
            place.parent.mkdir(exist_ok=True)
            subprocess.run(["dpkg-deb", "-x", package, place], check=True, timeout=120)
        except (OSError, StopIteration, subprocess.SubprocessError) as problem:
            pytest.skip(f"no promtool to be had ({type(problem).__name__}): install the package prometheus")
    return str(found)
