# SPDX-License-Identifier: Apache-2.0
"""The status page of a relay that wants a key, that goes away, or whose token cannot be had."""
import pytest
import requests
from processes import Relay, ReservedPort, eventually

EXPECTED = "Failed to load resource"


@pytest.fixture
def open_page(browser):
    """Opens pages whose failed loads are what the test is about; all other complaints fail it."""
    pages = []

    def open_page(url):
        pages.append(browser.open(url))
        return pages[-1]

    yield open_page
    for page in pages:
        page.run("localStorage.clear(), sessionStorage.clear()")
        assert [text for text in page.complaints if EXPECTED not in text] == []
        page.close()


@pytest.fixture(scope="module")
def guarded(gateway):
    relay = Relay(gateway)
    yield relay
    relay.stop()


def test_key_is_asked_for(guarded, open_page):
    page = open_page(guarded.url)
    page.wait("!document.getElementById('keyform').hidden")
    assert not page.is_shown("#data") and not page.is_shown("#keywrong")
    for wrong in ("not-the-key", "schlüssel", "钥匙"):
        page.type("#key", wrong)
        page.press("Enter")
        page.wait("!document.getElementById('keywrong').hidden && document.getElementById('key').value === ''")
        assert not page.is_shown("#data")
    # Without a key it keeps still: the first poll, and two keys that could be sent.
    def refused():
        return len([line for line in guarded.lines if "client_key_rejected" in line])

    eventually(lambda: refused() >= 3, "a refusal is not in the log")
    page.run("new Promise(done => setTimeout(done, 1500))")
    assert refused() == 3
    page.type("#key", Relay.KEY)
    page.press("Enter")
    page.wait("!document.getElementById('data').hidden")
    assert not page.is_shown("#keyform")
    # It lasts as long as the tab, and goes along with the chat.
    page.go(guarded.url + "/?again")
    page.wait("!document.getElementById('data').hidden")
    page.type("#model", "demo-chat")
    page.click("#send")
    page.wait("document.getElementById('verdict').textContent.includes('one by one')")
    page.wait("document.getElementById('rows').textContent.includes('tests')")
    assert Relay.KEY not in page.run("document.documentElement.outerHTML")
    # A key that is forgotten while a poll is under way.
    page.run("(poll(), document.getElementById('forget').click())")
    page.wait("!document.getElementById('keyform').hidden")
    assert not page.is_shown("#data")


def test_relay_goes_away_and_comes_back(gateway, open_page):
    # Nobody else may be given the port while the relay is away.
    port = ReservedPort()
    relay = Relay(gateway, RELAY_CLIENT_KEYS="", RELAY_LISTEN=port.authority)
    page = open_page(relay.url)
    page.wait("document.getElementById('state').textContent === 'ready'")
    requests.get(relay.url + "/v1/no-such-thing", timeout=120)
    page.wait("document.querySelectorAll('#rows tr').length === 1")
    relay.stop()
    page.wait("!document.getElementById('notice').hidden")
    assert "does not answer" in page.text("#notice") and page.text("#state") == "no answer"
    assert page.is_shown("#data")
    relay = Relay(gateway, RELAY_CLIENT_KEYS="", RELAY_LISTEN=port.authority)
    try:
        page.wait("document.getElementById('notice').hidden")
        page.wait("document.getElementById('state').textContent === 'ready'")
        # The other run's exchanges are gone with it.
        assert page.run("document.querySelectorAll('#rows tr').length") == 0
    finally:
        relay.stop()
        port.close()


def test_missing_token_is_explained(gateway, open_page):
    relay = Relay(gateway, RELAY_CLIENT_KEYS="", RELAY_OAUTH_CLIENT_SECRET="wrong-secret-canary")
    try:
        page = open_page(relay.url)
        page.wait("document.getElementById('tokenfault').textContent.includes('401')")
        assert page.text("#state") == "not ready: there is no token yet"
        assert "No token" in page.text("#tokenhead")
        assert "The issuer refused the credentials" in page.text("#tokenfault")
        page.click("#language")
        page.wait("document.getElementById('tokenfault').textContent.includes('签发方拒绝了凭据')")
        assert page.text("#state") == "未就绪：还没有令牌"
        assert "canary" not in page.run("document.documentElement.outerHTML")
    finally:
        relay.stop()


def test_fixed_token_and_admin_address(gateway, open_page):
    relay = Relay(
        gateway, RELAY_CLIENT_KEYS="", RELAY_ADMIN_LISTEN="127.0.0.1:0", RELAY_TOKEN="fixed-canary",
        RELAY_OAUTH_TOKEN_URL="", RELAY_OAUTH_CLIENT_ID="", RELAY_OAUTH_CLIENT_SECRET="",
    )
    try:
        assert requests.get(relay.url, timeout=120).status_code == 404
        page = open_page(relay.admin_url)
        page.wait("!document.getElementById('data').hidden")
        assert page.text("#tokenhead") == "Fixed token, never renewed"
        assert not page.is_shown("#bar") and not page.is_shown("#chat") and page.is_shown("#chatelsewhere")
        assert "canary" not in page.run("document.documentElement.outerHTML")
    finally:
        relay.stop()
