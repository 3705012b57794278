"""The files of the container hold, as far as can be told without an engine: they are what they must be, they fit each
other, the service runs as they start it, and every figure that they ask for is one that it gives.
"""

from __future__ import annotations

import fnmatch
import json
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.ports import free_port
from support.served import ASK, Running, key

yaml = pytest.importorskip("yaml", reason="needs ragqa[dev]")

ROOT = Path(__file__).parents[3]
DOCKERFILE = ROOT / "Dockerfile"
DEPLOY = ROOT / "deploy"
DASHBOARD = DEPLOY / "grafana" / "dashboards" / "ragqa.json"
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
NO_FIGURE = {"up"}  # Prometheus' own


def instructions() -> list[tuple[str, str]]:
    """(name, arguments) of each instruction of the Dockerfile."""
    lines = [line for line in DOCKERFILE.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    found = [line.strip().partition(" ") for line in joined.splitlines() if line.strip()]
    return [(name, arguments.strip()) for name, _, arguments in found]


def last_stage() -> list[tuple[str, str]]:
    every = instructions()
    return every[max(number for number, (name, _) in enumerate(every) if name == "FROM") :]


def health_check() -> list[str]:
    (arguments,) = (arguments for name, arguments in last_stage() if name == "HEALTHCHECK")
    return json.loads(arguments.partition("CMD")[2])


def test_the_image_runs_as_nobody_in_particular_and_tells_its_health() -> None:
    stage = dict(last_stage())
    assert re.fullmatch(r"[1-9]\d{3,}:[1-9]\d{3,}", stage["USER"])
    assert "/livez" in health_check()[-1]
    assert json.loads(stage["ENTRYPOINT"]) == ["ragqa"]
    command = json.loads(stage["CMD"])
    assert command[0] == "serve" and "--keys" in command


def test_the_image_is_made_of_what_is_pinned_and_present() -> None:
    ignored = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if not line.startswith("#")]
    let_in = {line[1:] for line in ignored if line.startswith("!")}
    assert ignored[0] == "*"
    for name, arguments in instructions():
        assert name != "ADD" and "curl" not in arguments and "--privileged" not in arguments
        if name == "FROM":
            assert re.search(r":\S", arguments) and ":latest" not in arguments
        if name == "COPY" and "--from" not in arguments:
            for source in shlex.split(arguments)[:-1]:
                assert (ROOT / source).exists() and source in let_in, source
    from_source = next(arguments for name, arguments in instructions() if '".[' in arguments)
    import tomllib

    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert set(re.search(r"\[([^\]]+)\]", from_source)[1].split(",")) <= set(extras)
    assert not any(fnmatch.fnmatch("ragqa", pattern) for pattern in ignored[1:] if not pattern.startswith("!"))


def test_compose_gives_no_more_than_is_needed() -> None:
    for name, service in COMPOSE["services"].items():
        assert service["read_only"] is True and service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", ())), name
        assert "build" in service or re.search(r":v?\d+\.\d+", service["image"]), name
        for volume in service["volumes"]:
            source, _, rest = volume.partition(":")
            assert not source.startswith("./") or rest.endswith(":ro"), volume
            if source.startswith("./") and not source.startswith("./data"):
                assert (ROOT / source).exists(), volume
    assert not any("privileged" in service or "network_mode" in service for service in COMPOSE["services"].values())


def test_prometheus_and_grafana_are_told_what_there_is() -> None:
    scrape = yaml.safe_load((DEPLOY / "prometheus.yml").read_text(encoding="utf-8"))
    (job,) = scrape["scrape_configs"]
    assert job["static_configs"] == [{"targets": ["ragqa:8000"]}] and "ragqa" in COMPOSE["services"]
    mounted = {volume.split(":")[1] for volume in COMPOSE["services"]["prometheus"]["volumes"]}
    assert {*scrape["rule_files"], job["authorization"]["credentials_file"]} <= mounted
    sources = yaml.safe_load((DEPLOY / "grafana/provisioning/datasources/prometheus.yml").read_text(encoding="utf-8"))
    (source,) = sources["datasources"]
    board = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    assert {panel["datasource"]["uid"] for panel in board["panels"]} == {source["uid"]}
    (provider,) = yaml.safe_load((DEPLOY / "grafana/provisioning/dashboards/ragqa.yml").read_text())["providers"]
    assert f"./deploy/grafana/dashboards:{provider['options']['path']}:ro" in COMPOSE["services"]["grafana"]["volumes"]


def test_panels_have_places_of_their_own() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & taken and at["x"] + at["w"] <= 24, panel["title"]
        taken |= cells


def expressions() -> Iterator[str]:
    """All that the dashboard and the alerts ask Prometheus."""
    for panel in json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]:
        yield from (target["expr"] for target in panel["targets"])
    for group in yaml.safe_load((DEPLOY / "alerts.yml").read_text(encoding="utf-8"))["groups"]:
        yield from (rule["expr"] for rule in group["rules"])


def asked_of(expression: str) -> Iterator[tuple[str, dict[str, str]]]:
    """(figure, the labels that it must have, with the pattern of their values where one is given)."""
    by = {label: "" for group in re.findall(r"by \(([^)]*)\)", expression) for label in re.split(r",\s*", group)}
    for name, selector in re.findall(r"\b(up|ragqa_\w+)(?:\{([^}]*)\})?", re.sub(r"by \([^)]*\)", "", expression)):
        yield name, by | dict(re.findall(r'(\w+)=~?"([^"]*)"', selector))


def given_by(text: str) -> dict[str, list[dict[str, str]]]:
    """The figures of a page of Prometheus' format, each with the labels of its lines."""
    found: dict[str, list[dict[str, str]]] = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            name, labels = re.fullmatch(r"(\w+)(?:\{(.*)\})? \S+", line).groups()
            found.setdefault(name, []).append(dict(re.findall(r'(\w+)="([^"]*)"', labels or "")))
    return found


def missing(expression: str, given: dict[str, list[dict[str, str]]]) -> list[str]:
    """What an expression asks for and is not given. A value that has not occurred yet, as of a status, is no fault."""
    asked = [(name, labels) for name, labels in asked_of(expression) if name not in NO_FIGURE]
    wrong = [name for name, labels in asked if not any(labels.keys() <= has.keys() for has in given.get(name, ()))]
    routes = {has["route"] for has in given["ragqa_requests_total"]}
    return wrong + [labels["route"] for _, labels in asked if labels.get("route") and labels["route"] not in routes]


def test_every_figure_that_is_asked_for_is_given(open_service: Running) -> None:
    assert open_service.post("/v1/ask", ASK).status_code == 200
    given = given_by(open_service.client.get("/metrics").text)
    every = list(expressions())
    assert len(every) > 10
    assert {expression: missing(expression, given) for expression in every if missing(expression, given)} == {}
    shown = {name for expression in every for name, _ in asked_of(expression)}
    assert {name.removesuffix("_bucket").removesuffix("_sum").removesuffix("_count") for name in given} <= {
        name.removesuffix("_bucket").removesuffix("_sum").removesuffix("_count") for name in shown
    }


def test_a_figure_that_is_not_given_is_noticed() -> None:
    given = given_by('ragqa_requests_total{route="/v1/ask",status="200"} 1\nragqa_queue_waiting 0\n')
    assert missing('rate(ragqa_requests_total{status="503"}[5m])', given) == []
    assert missing("ragqa_queue_length", given) == ["ragqa_queue_length"]
    assert missing("sum by (index) (ragqa_queue_waiting)", given) == ["ragqa_queue_waiting"]
    assert missing('ragqa_requests_total{route="/v1/aks"}', given) == ["/v1/aks"]


def test_figures_are_documented(open_service: Running) -> None:
    page = (ROOT / "docs" / "how-to" / "container.md").read_text(encoding="utf-8")
    kinds = re.findall(r"# TYPE (\w+) (\w+)", open_service.client.get("/metrics").text)
    for name, kind in kinds:
        assert any(f"`{name}`" in line and f"| {kind} |" in line for line in page.splitlines()), name


def test_prometheus_gets_in_with_the_key_that_the_guide_makes(keyed_service: Running) -> None:
    assert keyed_service.client.get("/metrics", headers=key(keyed_service, "admin")).status_code == 200
    assert keyed_service.client.get("/metrics", headers=key(keyed_service)).status_code == 403


# $1 is what the image has as /data, $2 what it has as /tmp
READ_ONLY = """
mount -o remount,ro,bind / && mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" && mount -t tmpfs tmpfs "$2"
export TMPDIR="$2"; cd "$1"; shift 2
if touch there 2> /dev/null; then exit 99; fi
exec "$@"
"""


def own_mounts() -> list[str]:
    """How to run a command with mounts of its own; the test is skipped where the system does not allow that."""
    for command in (["unshare", "--mount"], ["unshare", "--map-root-user", "--mount"]):
        if shutil.which("unshare") and not subprocess.run([*command, "true"], capture_output=True).returncode:
            return command
    pytest.skip("mounts need rights that are not given here")


@pytest.mark.slow
def test_it_runs_with_nothing_to_write_to(tmp_path: Path) -> None:
    """As in compose.yaml: root and /data read-only, /tmp empty; asked by the image's own health check."""
    import ragqa

    data, scratch = tmp_path / "data", tmp_path / "tmp"
    scratch.mkdir()
    (tmp_path / "town.txt").write_text("The bridge of Chur was built by Ilse Brandt.")
    ragqa.build(tmp_path / "town.txt", data / "indexes" / "towns")
    port = free_port()
    serve = [sys.executable, "-m", "ragqa", "serve", "--port", str(port)]
    process = subprocess.Popen(
        [*own_mounts(), "sh", "-eu", "-c", READ_ONLY, "sh", str(data), str(scratch), *serve],
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "PYTHONDONTWRITEBYTECODE": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        check = [sys.executable, *(word.replace(":8000", f":{port}") for word in health_check()[1:])]
        until = time.monotonic() + 60
        while subprocess.run(check, capture_output=True).returncode:
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < until
            time.sleep(0.2)
        with ragqa.Client(f"http://127.0.0.1:{port}") as client:
            assert client.ask("Who built the bridge of Chur?").answers[0].text == "Ilse Brandt"
    finally:
        process.terminate()
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 0 and "Read-only" not in errors, errors
    assert subprocess.run(check, capture_output=True).returncode != 0, "the check does not notice that nobody answers"
