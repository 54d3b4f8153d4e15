# SPDX-License-Identifier: Apache-2.0
"""A gateway, a relay in front of it, and a browser; without a browser these tests are skipped."""
import pathlib
import sys

import pytest
import requests

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "clients"))

import chrome
from processes import Gateway, Relay

CHAT = {"model": "demo-chat", "messages": [{"role": "user", "content": "hello"}]}


@pytest.fixture(scope="session")
def browser():
    if chrome.program() is None:
        pytest.skip("no Chromium on this machine: install the package chromium")
    browser = chrome.Browser()
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def gateway():
    gateway = Gateway("8s", "100ms")
    yield gateway
    gateway.stop()


@pytest.fixture(scope="session")
def relay(gateway):
    """A relay without keys that has seen some traffic, good and bad."""
    relay = Relay(gateway, RELAY_CLIENT_KEYS="")
    for number in range(12):
        fields = {"X-Request-Id": f"call-{number}"} | ({"x-demo-status": "500"} if number % 4 == 3 else {})
        requests.post(relay.url + "/v1/chat/completions", json=CHAT, headers=fields, timeout=120)
    requests.post(relay.url + "/v1/embeddings", json={"model": "demo-embed", "input": "x"}, timeout=120)
    requests.get(relay.url + "/v1/%3Cimg%20src=x%20onerror=alert(1)%3E", timeout=120,
                 headers={"X-Request-Id": "<img/src=x/onerror=alert(1)>"})
    yield relay
    relay.stop()


@pytest.fixture
def page(browser, relay):
    """The status page, showing data; whatever the browser complains about fails the test."""
    page = browser.open(relay.url)
    page.wait("!document.getElementById('data').hidden && document.querySelectorAll('#rows tr').length > 0")
    yield page
    page.run("localStorage.clear(), sessionStorage.clear()")
    complaints = page.complaints
    page.close()
    assert complaints == []
