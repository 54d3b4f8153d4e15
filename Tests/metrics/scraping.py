# SPDX-License-Identifier: Apache-2.0
"""Reads metrics as Prometheus does."""
import requests
from prometheus_client.parser import text_string_to_metric_families


def scrape(url):
    """Every family by its name as it stands in the text, each as (type, samples)."""
    answer = requests.get(url + "/metrics", timeout=120)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    families = {}
    for family in text_string_to_metric_families(answer.text):
        # The parser takes the ending off the name of a counter.
        name = family.name + "_total" if family.type == "counter" else family.name
        assert name not in families, f"{name} is there twice"
        assert family.documentation, f"{name} has no help"
        families[name] = (family.type, family.samples)
    return families
