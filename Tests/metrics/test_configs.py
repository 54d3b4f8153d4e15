# SPDX-License-Identifier: Apache-2.0
"""The alert rules, the scrape example and the dashboard speak of metrics that exist."""
import json
import re
import subprocess

import pytest
import requests
from processes import ROOT
from scraping import scrape
from test_families import FAMILIES

CONFIGS = ROOT / "Configs"
TEXTS = ["alerts.yml", "grafana-dashboard.json"]
NAME = re.compile(r"\b(?:relay|process)_[a-z_]+")


def sample_names():
    names = {"up"}
    for name, (kind, _) in FAMILIES.items():
        names |= {name + ending for ending in ("_bucket", "_sum", "_count")} if kind == "histogram" else {name}
    return names


@pytest.mark.parametrize("file", TEXTS)
def test_every_metric_named_exists(file):
    used = set(NAME.findall((CONFIGS / file).read_text()))
    assert len(used) > 10
    assert used <= sample_names()


def test_labels_named_exist(relay):
    labels = {"instance", "job", "le"}
    for _, samples in scrape(relay.url).values():
        labels |= {name for sample in samples for name in sample.labels}
    labels |= {"kind", "model", "endpoint", "status", "client"}
    for file in TEXTS:
        text = (CONFIGS / file).read_text().replace('\\"', '"')
        used = set(re.findall(r'[{,]\s*([a-z_]+)\s*(?:=~|!~|!=|=)\s*"', text))
        used |= {name.strip() for group in re.findall(r"\b(?:by|on) \(([^)]*)\)", text) for name in group.split(",")}
        assert used <= labels, used - labels


def test_readme_lists_every_family():
    listed = set(re.findall(r"`((?:relay|process)_[a-z_]+)`", (ROOT / "README.md").read_text()))
    assert set(FAMILIES) <= listed, set(FAMILIES) - listed


def test_dashboard_is_whole():
    dashboard = json.loads((CONFIGS / "grafana-dashboard.json").read_text())
    panels = [panel for panel in dashboard["panels"] if panel["type"] != "row"]
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])
    assert all(target["expr"] for panel in panels for target in panel["targets"])
    # The page as a whole shows every family the relay has, but the least telling ones.
    shown = set(NAME.findall(json.dumps(panels)))
    left_out = {"process_virtual_memory_bytes", "process_max_fds", "process_start_time_seconds"}
    wanted = {name + "_bucket" if kind == "histogram" else name for name, (kind, _) in FAMILIES.items()} - left_out
    assert wanted <= shown, wanted - shown


def test_promtool_accepts_scrape_and_rules(promtool):
    for command in (["check", "config", CONFIGS / "prometheus.yml"], ["check", "rules", CONFIGS / "alerts.yml"]):
        result = subprocess.run([promtool, *command], capture_output=True, text=True, timeout=120)
        assert result.returncode == 0, result.stdout + result.stderr


def test_promtool_accepts_the_metrics(promtool, relay):
    text = requests.get(relay.url + "/metrics", timeout=120).text
    result = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True, text=True, timeout=120)
    assert result.returncode in (0, 3), result.stdout + result.stderr


def test_rules_fire_when_they_should(promtool, tmp_path):
    script = (ROOT / "Tests" / "metrics" / "alerts_test.yml").read_text()
    (tmp_path / "test.yml").write_text(script.replace("RULES", str(CONFIGS / "alerts.yml")))
    result = subprocess.run(
        [promtool, "test", "rules", tmp_path / "test.yml"], capture_output=True, text=True, timeout=120
    )
    assert result.returncode == 0, result.stdout + result.stderr


def test_expressions_of_the_dashboard_parse(promtool, tmp_path):
    dashboard = json.loads((CONFIGS / "grafana-dashboard.json").read_text())
    expressions = [
        target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", [])
    ] + [note["expr"] for note in dashboard["annotations"]["list"]]
    rules = [
        {"record": f"test:panel{index}", "expr": expression.replace("$__rate_interval", "1m")}
        for index, expression in enumerate(expressions)
    ]
    # JSON is YAML too.
    (tmp_path / "rules.yml").write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}))
    result = subprocess.run(
        [promtool, "check", "rules", tmp_path / "rules.yml"], capture_output=True, text=True, timeout=120
    )
    assert result.returncode == 0, result.stdout + result.stderr
