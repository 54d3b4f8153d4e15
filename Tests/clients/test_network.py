# SPDX-License-Identifier: Apache-2.0
"""The company network: authorities, client certificates, proxies, HTTP/2, IPv6, for gateway and issuer."""
import concurrent.futures
import socket
import ssl
import subprocess

import pytest
import requests

from processes import BareRelay, ReservedPort
from standins import HTTP2, Authority, Gateway, Server, basic, proxy

TOKEN = {"RELAY_TOKEN": "a-token-that-must-not-show"}
NAMES = "DNS:localhost,DNS:gateway.invalid,IP:127.0.0.1,IP:::1"
UPSTREAM = "https://gateway.invalid/v1"
BODY = b'{"model": "m", "messages": []}'
# A name server that does not answer is not waited for when a name leads nowhere.
RESOLVER = {"RES_OPTIONS": "timeout:1 attempts:1", "LOCALDOMAIN": "invalid"}


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def certificate(authority):
    return authority.issue("gateway", NAMES)


def server_context(certificate, **options):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    if protocols := options.get("protocols"):
        context.set_alpn_protocols(protocols)
    if client_authority := options.get("client_authority"):
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(client_authority)
    return context


@pytest.fixture(scope="module")
def gateway(certificate):
    server = Server(Gateway, context=server_context(certificate))
    yield server
    server.stop()


@pytest.fixture
def start():
    """Starts relays, and stops them with the test; secrets are searched for in all that they printed."""
    running = []

    def begin(**settings):
        calm = {"RELAY_LOOPS": "1", "RELAY_RETRY": "off", **RESOLVER}
        relay = BareRelay(**{**TOKEN, **calm, **settings})
        running.append(relay)
        return relay

    yield begin
    for relay in running:
        relay.stop()
        assert TOKEN["RELAY_TOKEN"] not in "".join(relay.lines)


def chat(relay, body=BODY):
    return requests.post(relay.url + "/v1/chat/completions", data=body, timeout=120)


def code(answer):
    return answer.status_code, answer.json()["error"]["code"]


def test_a_private_authority_is_trusted_when_given(start, gateway, authority):
    relay = start(RELAY_UPSTREAM_URL=gateway.url + "/v1", RELAY_UPSTREAM_CA_FILE=str(authority.certificate))
    assert chat(relay).json() == {"path": "/v1/chat/completions"}
    assert gateway.seen[-1]["headers"]["Authorization"] == "Bearer " + TOKEN["RELAY_TOKEN"]
    assert gateway.seen[-1]["body"] == BODY


def test_an_unknown_authority_is_refused_and_named(start, gateway):
    relay = start(RELAY_UPSTREAM_URL=gateway.url + "/v1")
    assert code(chat(relay)) == (502, "upstream_tls_failed")
    assert "unable to get local issuer certificate" in relay.detail_of("tls")


def test_a_certificate_for_another_name_is_refused(start, authority):
    other = Server(Gateway, context=server_context(authority.issue("other", "DNS:other.invalid")))
    relay = start(RELAY_UPSTREAM_URL=other.url + "/v1", RELAY_UPSTREAM_CA_FILE=str(authority.certificate))
    assert code(chat(relay)) == (502, "upstream_tls_failed")
    assert "127.0.0.1" in relay.detail_of("tls")
    other.stop()


def test_verification_can_be_switched_off_with_a_warning(start, gateway):
    relay = start(RELAY_UPSTREAM_URL=gateway.url + "/v1", RELAY_UPSTREAM_TLS_VERIFY="false")
    assert chat(relay).status_code == 200
    assert relay.record(lambda record: record["level"] == "warn" and "RELAY_UPSTREAM_TLS_VERIFY" in str(record))


def test_plain_http_on_a_tls_port_is_told_apart(start):
    plain = Server(Gateway)
    relay = start(RELAY_UPSTREAM_URL=plain.url.replace("http:", "https:") + "/v1")
    assert code(chat(relay)) == (502, "upstream_tls_failed")
    plain.stop()


@pytest.mark.parametrize("kind", ["none", "given"])
def test_client_certificates(start, authority, certificate, kind):
    server = Server(Gateway, context=server_context(certificate, client_authority=authority.certificate))
    settings = {"RELAY_UPSTREAM_URL": server.url + "/v1", "RELAY_UPSTREAM_CA_FILE": str(authority.certificate)}
    if kind == "given":
        own, key = authority.issue("relay-client")
        settings |= {"RELAY_UPSTREAM_CLIENT_CERT_FILE": str(own), "RELAY_UPSTREAM_CLIENT_KEY_FILE": str(key)}
    answer = chat(start(**settings))
    if kind == "given":
        assert answer.status_code == 200
        assert server.seen[-1]["peer"]["subject"] == ((("commonName", "relay-client"),),)
    else:
        assert code(answer) == (502, "upstream_tls_failed")
        assert server.seen == []
    server.stop()


def through_proxy(gateway, **options):
    return proxy(routes={"gateway.invalid:443": gateway.server_address[1]}, **options)


def test_a_tunnel_leads_to_the_gateway(start, gateway, authority):
    tunnel = through_proxy(gateway)
    given = tunnel.url.replace("http://", "http://user:proxy-password@")
    relay = start(
        RELAY_UPSTREAM_URL=UPSTREAM, RELAY_UPSTREAM_CA_FILE=str(authority.certificate), RELAY_UPSTREAM_PROXY=given)
    assert chat(relay).status_code == 200
    assert tunnel.seen[0]["line"] == "CONNECT gateway.invalid:443 HTTP/1.1"
    assert tunnel.seen[0]["headers"]["Proxy-Authorization"] == basic("user", "proxy-password")
    assert "Authorization" not in tunnel.seen[0]["headers"]
    assert "Proxy-Authorization" not in gateway.seen[-1]["headers"]
    assert "proxy-password" not in "".join(relay.lines)
    tunnel.stop()


def test_plain_http_goes_through_the_proxy_too(start):
    plain, forward = Server(Gateway), proxy()
    forward.routes["plain.invalid:80"] = plain.server_address[1]
    relay = start(RELAY_UPSTREAM_URL="http://plain.invalid/v1", RELAY_UPSTREAM_PROXY=forward.url)
    assert chat(relay).status_code == 200
    assert forward.seen[0]["line"] == "POST http://plain.invalid/v1/chat/completions HTTP/1.1"
    assert plain.seen[-1]["body"] == BODY
    plain.stop()
    forward.stop()


@pytest.mark.parametrize("status", [403, 407, 502])
def test_a_proxy_that_refuses_is_named(start, status):
    tunnel = proxy(refusal=status)
    relay = start(RELAY_UPSTREAM_URL=UPSTREAM, RELAY_UPSTREAM_PROXY=tunnel.url)
    assert code(chat(relay)) == (502, "upstream_proxy_refused")
    assert str(status) in relay.detail_of("proxy")
    tunnel.stop()


def test_a_proxy_that_is_not_there_is_named(start):
    nobody = ReservedPort()
    relay = start(RELAY_UPSTREAM_URL=UPSTREAM, RELAY_UPSTREAM_PROXY=nobody.url)
    answer = chat(relay)
    assert answer.status_code == 502
    assert answer.json()["error"]["code"] in ("upstream_proxy_refused", "upstream_unreachable")
    nobody.close()


@pytest.mark.parametrize(
    "environment, proxied",
    [
        ({}, True),
        ({"no_proxy": "example.com"}, True),
        ({"no_proxy": "gateway.invalid"}, False),
        ({"no_proxy": ".invalid,other"}, False),
        ({"no_proxy": "*"}, False),
        ({"RELAY_UPSTREAM_PROXY": "none"}, False),
    ],
)
def test_the_environment_names_a_proxy_and_its_exceptions(start, gateway, authority, environment, proxied):
    tunnel = through_proxy(gateway)
    relay = start(
        RELAY_UPSTREAM_URL=UPSTREAM, RELAY_UPSTREAM_CA_FILE=str(authority.certificate), https_proxy=tunnel.url,
        **environment)
    answer = chat(relay)
    assert bool(tunnel.seen) == proxied
    # Without the proxy the name leads nowhere.
    assert answer.status_code == (200 if proxied else 502)
    tunnel.stop()


@pytest.mark.parametrize("name", ["http_proxy", "https_proxy", "all_proxy"])
def test_a_neighbour_on_loopback_is_never_asked_through_the_environments_proxy(start, gateway, authority, name):
    tunnel = proxy()
    relay = start(
        RELAY_UPSTREAM_URL=gateway.url + "/v1", RELAY_UPSTREAM_CA_FILE=str(authority.certificate), **{name: tunnel.url})
    assert chat(relay).status_code == 200
    assert tunnel.seen == []
    tunnel.stop()


def oauth(url):
    return {
        "RELAY_TOKEN": None, "RELAY_OAUTH_TOKEN_URL": url, "RELAY_OAUTH_CLIENT_ID": "relay",
        "RELAY_OAUTH_CLIENT_SECRET": "a-secret",
    }


def test_issuer_and_gateway_have_proxies_of_their_own(start, gateway, authority):
    routes = {"issuer.invalid:443": gateway.server_address[1], "gateway.invalid:443": gateway.server_address[1]}
    one, other = proxy(routes=routes), proxy(routes=routes)
    relay = start(
        **oauth("https://issuer.invalid/oauth/token"), RELAY_UPSTREAM_URL=UPSTREAM, RELAY_UPSTREAM_PROXY=one.url,
        RELAY_UPSTREAM_CA_FILE=str(authority.certificate), RELAY_TOKEN_PROXY=other.url, RELAY_TOKEN_TLS_VERIFY="false")
    assert chat(relay).status_code == 200
    assert gateway.seen[-1]["headers"]["Authorization"] == "Bearer issued-token"
    assert {seen["line"].split()[1] for seen in one.seen} == {"gateway.invalid:443"}
    assert {seen["line"].split()[1] for seen in other.seen} == {"issuer.invalid:443"}
    one.stop()
    other.stop()


def test_the_issuers_settings_follow_the_gateways(start, gateway, authority):
    relay = start(
        **oauth(gateway.url + "/oauth/token"), RELAY_UPSTREAM_URL=gateway.url + "/v1",
        RELAY_UPSTREAM_CA_FILE=str(authority.certificate))
    assert chat(relay).status_code == 200


def test_an_issuer_behind_an_unknown_authority_is_named(start, gateway):
    relay = start(**oauth(gateway.url + "/oauth/token"), RELAY_UPSTREAM_URL=gateway.url + "/v1", RELAY_TOKEN_WAIT="1s")
    assert code(chat(relay)) == (503, "token_unavailable")
    assert relay.record(lambda record: "renewal failed" in record["msg"] and "issuer certificate" in str(record))


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_addresses_of_both_kinds(start, host):
    plain = Server(Gateway, host=host)
    relay = start(RELAY_UPSTREAM_URL=plain.url + "/v1", RELAY_LISTEN=("[::1]" if ":" in host else host) + ":0")
    assert relay.url.startswith("http://[::1]:" if ":" in host else "http://127")
    assert chat(relay).status_code == 200
    plain.stop()


# Without TLS nobody negotiates: "auto" then means HTTP/1.1.
@pytest.mark.parametrize("secure, version", [(True, "2"), (True, "auto"), (False, "2")])
def test_http2(start, authority, certificate, secure, version):
    server = Server(HTTP2, context=server_context(certificate, protocols=["h2"]) if secure else None)
    relay = start(
        RELAY_UPSTREAM_URL=server.url + "/v1", RELAY_UPSTREAM_CA_FILE=str(authority.certificate),
        RELAY_UPSTREAM_HTTP=version)
    bodies = [bytes([number]) * (4000 * number) for number in range(1, 13)]
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        assert [answer.content for answer in pool.map(lambda body: chat(relay, body), bodies)] == bodies
    with requests.post(relay.url + "/v1/chat/completions", data=b'{"stream":true}', stream=True, timeout=120) as answer:
        assert b"".join(answer.iter_content(None)) == b"data: one\n\ndata: two\n\ndata: [DONE]\n\n"
        assert answer.headers["Content-Type"] == "text/event-stream"
    head = server.seen[-1]["headers"]
    assert head[b"authorization"] == b"Bearer " + TOKEN["RELAY_TOKEN"].encode()
    assert head[b":path"] == b"/v1/chat/completions"
    server.stop()


def test_http1_is_spoken_unless_told_otherwise(start, authority, certificate):
    server = Server(Gateway, context=server_context(certificate, protocols=["h2", "http/1.1"]))
    relay = start(RELAY_UPSTREAM_URL=server.url + "/v1", RELAY_UPSTREAM_CA_FILE=str(authority.certificate))
    assert chat(relay).status_code == 200
    server.stop()


def test_a_name_that_leads_nowhere_is_told(start):
    relay = start(RELAY_UPSTREAM_URL="http://gateway.invalid/v1", RELAY_CONNECT_TIMEOUT="5s")
    assert chat(relay).status_code in (502, 504)


class SilentPort:
    """A port that neither takes nor refuses a connection: the queue of those that wait there is full."""

    def __init__(self, host, port):
        self._server = socket.create_server((host, port), backlog=0)
        self.port = port = self._server.getsockname()[1]
        self._waiting = []
        for _ in range(4):
            client = socket.socket()
            client.setblocking(False)
            client.connect_ex((host, port))
            self._waiting.append(client)

    def close(self):
        for open_socket in [self._server, *self._waiting]:
            open_socket.close()


def two_addresses(alive, silent):
    """A gateway at one address, and the same port silent at another, where somebody else may have it already."""
    for _ in range(20):
        server = Server(Gateway, host=alive)
        try:
            return server, SilentPort(silent, server.server_address[1])
        except OSError:
            server.stop()
    raise AssertionError("no port is free at both addresses")


@pytest.mark.parametrize("alive, silent", [("127.0.0.2", "127.0.0.3"), ("127.0.0.3", "127.0.0.2")])
def test_a_name_with_a_silent_address_is_reached_at_its_other_one(start, tmp_path, alive, silent):
    hosts = tmp_path / "hosts"
    hosts.write_text("127.0.0.1 localhost\n127.0.0.2 two.invalid\n127.0.0.3 two.invalid\n")
    own_hosts = ["unshare", "--map-root-user", "--mount", "sh", "-c", 'mount --bind "$0" /etc/hosts && exec "$@"', hosts]
    if subprocess.run([*own_hosts, "true"], capture_output=True).returncode != 0:
        pytest.skip("no mount namespaces here")
    server, dead = two_addresses(alive, silent)
    port = server.server_address[1]
    # Half of the time goes to the first address, whichever that is.
    relay = start(within=own_hosts, RELAY_UPSTREAM_URL=f"http://two.invalid:{port}/v1", RELAY_CONNECT_TIMEOUT="4s")
    try:
        assert chat(relay).json() == {"path": "/v1/chat/completions"}
    finally:
        dead.close()
        server.stop()


def test_a_connect_timeout_says_how_far_the_connection_had_come(start):
    silent = SilentPort("127.0.0.1", 0)
    relay = start(RELAY_UPSTREAM_URL=f"https://127.0.0.1:{silent.port}/v1", RELAY_CONNECT_TIMEOUT="300ms")
    assert code(chat(relay)) == (504, "upstream_timeout")
    record = relay.record(lambda record: record["msg"] == "upstream call failed")
    assert record["detail"] == "RELAY_CONNECT_TIMEOUT passed while the connection was made"
    silent.close()
    speechless = socket.create_server(("127.0.0.1", 0))
    port = speechless.getsockname()[1]
    relay = start(RELAY_UPSTREAM_URL=f"https://127.0.0.1:{port}/v1", RELAY_CONNECT_TIMEOUT="300ms")
    assert code(chat(relay)) == (504, "upstream_timeout")
    record = relay.record(lambda record: record["msg"] == "upstream call failed")
    assert record["detail"] == "RELAY_CONNECT_TIMEOUT passed while TLS or a proxy was agreed on"
    speechless.close()
