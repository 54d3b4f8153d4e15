# SPDX-License-Identifier: Apache-2.0
"""The ways to the demo gateway: directly, and through the relay.

Most tests run twice: against the gateway itself (which proves the test) and through the relay (which proves the relay).
"""
import importlib.util
import os
import uuid
from dataclasses import dataclass, field

import openai
import pytest

from processes import Gateway, Relay

# scripts/test runs these with the libraries that they need; see scripts/venv.
collect_ignore = [] if importlib.util.find_spec("litellm") else ["test_ragflow_libraries.py"]
os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"


@dataclass
class Route:
    """A way to the gateway, for a client: where to, and with which key."""

    name: str
    url: str
    key: str
    gateway: Gateway
    fields: dict = field(init=False)

    def __post_init__(self):
        self.fields = {"Authorization": "Bearer " + self.key}

    def sdk(self, **options):
        """The OpenAI SDK without its own retries, which would hide a failure."""
        return openai.OpenAI(base_url=self.url + "/v1", api_key=self.key, max_retries=0, timeout=120, **options)

    def async_sdk(self, **options):
        return openai.AsyncOpenAI(base_url=self.url + "/v1", api_key=self.key, max_retries=0, timeout=120, **options)


@pytest.fixture
def request_id():
    return "test-" + uuid.uuid4().hex


@pytest.fixture(scope="session")
def steady():
    """A gateway whose tokens outlive the tests."""
    gateway = Gateway("600s")
    yield gateway
    gateway.stop()


@pytest.fixture(scope="session")
def short():
    """A gateway whose tokens live four seconds: two of them are left when a relay renews."""
    gateway = Gateway("4s")
    yield gateway
    gateway.stop()


@pytest.fixture(scope="session")
def relayed(short):
    """The way through a relay, the token changing all the time."""
    relay = Relay(short)
    yield Route("relay", relay.url, Relay.KEY, short)
    relay.stop()


@pytest.fixture(scope="session")
def direct(steady):
    return Route("gateway", steady.url, steady.token(), steady)


# RELAY_ROUTES=relay leaves the direct way out.
@pytest.fixture(params=os.environ.get("RELAY_ROUTES", "gateway,relay").split(","))
def route(request):
    return request.getfixturevalue("direct" if request.param == "gateway" else "relayed")
