# SPDX-License-Identifier: Apache-2.0
"""The files in Configs agree with the relay, with each other, and with the tools that read them."""
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

import pytest
import yaml

from processes import BINARIES, ROOT

CONFIGS = ROOT / "Configs"
COMPOSITIONS = [["compose.yaml"], ["compose.scale.yaml"], ["compose.scale.yaml", "compose.broker.yaml"]]
MANIFESTS = ["kubernetes.yaml", "kubernetes.broker.yaml"]
USER = 10001


def tool(name):
    path = shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin:/sbin")
    if path is None:
        pytest.skip(name + " is not installed")
    return path


def merged(files):
    """The services of compose files laid over each other, as far as these files need it."""
    services = {}
    for file in files:
        for name, service in yaml.safe_load((CONFIGS / file).read_text())["services"].items():
            known = services.setdefault(name, {})
            for key, value in service.items():
                known[key] = {**known[key], **value} if isinstance(value, dict) and key in known else value
    return services


def manifests(*files):
    return [item for file in files for item in yaml.safe_load_all((CONFIGS / file).read_text()) if item]


def of_kind(items, kind):
    return {item["metadata"]["name"]: item for item in items if item["kind"] == kind}


def seconds(text):
    return int(re.fullmatch(r"(\d+)s", text)[1])


def mebibytes(text):
    return int(re.fullmatch(r"(\d+)(m|Mi|MiB)", text)[1])


def effective(environment):
    """What `tokenrelay config` makes of it; the files it names exist."""
    with tempfile.TemporaryDirectory() as directory:
        environment = dict(environment)
        for name, value in environment.items():
            if value.startswith("/run/"):
                path = pathlib.Path(directory) / pathlib.Path(value).name
                path.write_text("ragflow:sk-0123456789abcdef0123")
                path.chmod(0o600)
                environment[name] = str(path)
        return subprocess.run(
            [BINARIES / "tokenrelay", "config"], env={"PATH": os.environ["PATH"], **environment},
            capture_output=True, text=True, timeout=120)


def expect_accepted(environment, ignored=()):
    """The relay takes these variables, and complains of none but those that another source leaves aside."""
    result = effective(environment)
    assert result.returncode == 0, result.stderr
    for line in result.stderr.splitlines():
        assert any(name in line for name in ignored), line


ISSUER = {
    "RELAY_UPSTREAM_URL": "https://llm.corp.example/v1",
    "RELAY_OAUTH_TOKEN_URL": "https://login.corp.example/token",
    "RELAY_OAUTH_CLIENT_ID": "ragflow",
}
# What a relay that reads the broker's file leaves aside.
LEFT_ASIDE = ("RELAY_OAUTH",)


@pytest.mark.parametrize("files", COMPOSITIONS, ids="+".join)
def test_relays_of_compose_files_take_their_settings(files):
    for name, service in merged(files).items():
        if name == "balancer":
            continue
        image = {"RELAY_LISTEN": "0.0.0.0:8080"}
        expect_accepted({**ISSUER, **image, **service["environment"]}, ignored=LEFT_ASIDE)


@pytest.mark.parametrize("files", COMPOSITIONS, ids="+".join)
def test_services_of_compose_files_have_no_privilege_and_time_to_drain(files):
    for name, service in merged(files).items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert "no-new-privileges:true" in service["security_opt"], name
        assert "privileged" not in service and "cap_add" not in service, name
        if name in ("tokenrelay", "relay"):
            assert seconds(service["stop_grace_period"]) > 30, "shorter than RELAY_DRAIN_TIMEOUT"
            budget = mebibytes(service["environment"]["RELAY_BODY_BUDGET"])
            assert mebibytes(service["mem_limit"]) >= budget + 128, name


@pytest.mark.parametrize("files", COMPOSITIONS, ids="+".join)
def test_compose_reads_its_files(files):
    command = [tool("docker-compose"), *[part for file in files for part in ("--file", file)], "config", "--quiet"]
    result = subprocess.run(command, cwd=CONFIGS, capture_output=True, text=True, timeout=120)
    assert result.returncode == 0, result.stderr


def test_every_secret_of_compose_files_is_declared():
    for files in COMPOSITIONS:
        declared = set()
        for file in files:
            declared |= set(yaml.safe_load((CONFIGS / file).read_text()).get("secrets", {}))
        for service in merged(files).values():
            used = {pathlib.Path(value).name for value in service.get("environment", {}).values()
                    if value.startswith("/run/secrets/")}
            assert used <= set(service.get("secrets", [])) <= declared


def pods(items):
    return {name: item["spec"]["template"] for name, item in of_kind(items, "Deployment").items()}


def environment_of(pod, items):
    values = {"RELAY_LISTEN": "0.0.0.0:8080"}
    container = pod["spec"]["containers"][0]
    for source in container["envFrom"]:
        values |= of_kind(items, "ConfigMap")[source["configMapRef"]["name"]]["data"]
    return values | {entry["name"]: entry["value"] for entry in container.get("env", [])}


def test_pods_take_their_settings():
    for files in (MANIFESTS[:1], MANIFESTS):
        items = manifests(*files)
        for pod in pods(items).values():
            expect_accepted(environment_of(pod, items), ignored=LEFT_ASIDE)


def test_pods_have_no_privilege_and_time_to_drain():
    items = manifests(*MANIFESTS)
    for name, pod in pods(items).items():
        spec, container = pod["spec"], pod["spec"]["containers"][0]
        assert spec["securityContext"]["runAsNonRoot"] and spec["securityContext"]["runAsUser"] == USER
        assert spec["securityContext"]["seccompProfile"]["type"] == "RuntimeDefault"
        assert spec["automountServiceAccountToken"] is False and spec["enableServiceLinks"] is False
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}
        assert container["resources"]["requests"] and container["resources"]["limits"]["memory"]
        mounted = {mount["name"] for mount in container["volumeMounts"]}
        assert mounted == {volume["name"] for volume in spec["volumes"]}
        if name == "tokenrelay":
            pause = container["lifecycle"]["preStop"]["sleep"]["seconds"]
            assert spec["terminationGracePeriodSeconds"] > pause + 30
            assert {container[probe]["httpGet"]["path"] for probe in ("startupProbe", "livenessProbe")} == {"/healthz"}
            assert container["readinessProbe"]["httpGet"]["path"] == "/readyz"
            values = environment_of(pod, items)
            limit = mebibytes(container["resources"]["limits"]["memory"])
            assert limit >= mebibytes(values["RELAY_BODY_BUDGET"]) + 128


def test_manifests_refer_to_each_other():
    items = manifests(*MANIFESTS)
    relays = pods(items)["tokenrelay"]
    labels, container = relays["metadata"]["labels"], relays["spec"]["containers"][0]
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    values = environment_of(relays, items)
    assert values["RELAY_LISTEN"].endswith(f":{ports['http']}")
    assert values["RELAY_ADMIN_LISTEN"].endswith(f":{ports['admin']}")
    service = of_kind(items, "Service")["tokenrelay"]
    # Kubernetes makes variables of a Service's name; none may look like the relay's own.
    assert not service["metadata"]["name"].startswith("relay")
    assert {port["targetPort"] for port in service["spec"]["ports"]} <= set(ports)
    policies = of_kind(items, "NetworkPolicy")
    for rule in policies["tokenrelay"]["spec"]["ingress"]:
        assert {port["port"] for port in rule["ports"]} <= set(ports)
    selectors = [service["spec"]["selector"], policies["tokenrelay"]["spec"]["podSelector"]["matchLabels"],
                 of_kind(items, "PodDisruptionBudget")["tokenrelay"]["spec"]["selector"]["matchLabels"]]
    selectors += [item["spec"]["selector"]["matchLabels"] for name, item in of_kind(items, "Deployment").items()
                  if name == "tokenrelay"]
    assert all(selector == labels for selector in selectors)
    # The broker must be no target of the Service.
    broker = pods(items)["tokenrelay-broker"]["metadata"]["labels"]
    assert broker == policies["tokenrelay-broker"]["spec"]["podSelector"]["matchLabels"] != labels
    scaler = of_kind(items, "HorizontalPodAutoscaler")["tokenrelay"]["spec"]
    assert scaler["scaleTargetRef"]["name"] in of_kind(items, "Deployment")
    assert 2 <= scaler["minReplicas"] < scaler["maxReplicas"]
    claims = {volume["persistentVolumeClaim"]["claimName"] for pod in pods(items).values()
              for volume in pod["spec"]["volumes"] if "persistentVolumeClaim" in volume}
    assert claims == set(of_kind(items, "PersistentVolumeClaim"))


def test_the_broker_is_one_and_its_relays_differ_from_others_only_in_the_token():
    items = manifests("kubernetes.broker.yaml")
    broker = of_kind(items, "Deployment")["tokenrelay-broker"]
    assert broker["spec"]["replicas"] == 1 and broker["spec"]["strategy"] == {"type": "Recreate"}
    plain = of_kind(manifests("kubernetes.yaml"), "Deployment")["tokenrelay"]
    readers = of_kind(items, "Deployment")["tokenrelay"]
    spec = readers["spec"]["template"]["spec"]
    container = spec["containers"][0]
    assert {entry["name"] for entry in container.pop("env")} == {
        "RELAY_TOKEN_SOURCE", "RELAY_TOKEN_FILE", "RELAY_TOKEN_FILE_POLL"}
    assert container["volumeMounts"].pop() == {"name": "token", "mountPath": "/run/tokenrelay", "readOnly": True}
    assert spec["volumes"].pop()["persistentVolumeClaim"]["readOnly"] is True
    assert readers == plain


def test_systemd_reads_the_unit(tmp_path):
    analyze = tool("systemd-analyze")
    # On the machine of a test nothing is installed; the rest is as shipped.
    text = (CONFIGS / "tokenrelay.service").read_text()
    unit = tmp_path / "tokenrelay.service"
    unit.write_text(text.replace("/usr/local/bin/tokenrelay", str(BINARIES.resolve() / "tokenrelay")))
    result = subprocess.run([analyze, "verify", unit], capture_output=True, text=True, timeout=120)
    assert (result.returncode, result.stderr) == (0, "")
    result = subprocess.run(
        [analyze, "security", "--offline=true", "--threshold=20", unit], capture_output=True, text=True, timeout=120)
    assert result.returncode == 0, result.stdout


def test_the_unit_takes_its_settings():
    text = (CONFIGS / "tokenrelay.service").read_text()
    values = dict(match.split("=", 1) for match in re.findall(r"^Environment=(.*)$", text, re.M))
    loaded = re.findall(r"^LoadCredential=([^:]+):", text, re.M)
    assert sorted(value.removeprefix("%d/") for value in values.values()) == sorted(loaded)
    values = {name: value.replace("%d/", "/run/secrets/") for name, value in values.items()}
    expect_accepted({**ISSUER, "RELAY_LISTEN": "0.0.0.0:8080", **values})
    assert seconds(re.search(r"^TimeoutStopSec=(.*)$", text, re.M)[1]) > 30


def test_configuration_errors_end_the_unit():
    result = effective({"RELAY_UPSTREAM_URL": "nonsense"})
    text = (CONFIGS / "tokenrelay.service").read_text()
    assert f"RestartPreventExitStatus={result.returncode}\n" in text
