"""What is checked before a release: ``python -m tests.release`` from the repository's root (needs ``ragqa[release]``).

The lock file names exact versions with hashes of everything that the core install brings; pip-audit asks a service on
the network whether any of them has a known vulnerability; the SBOM (CycloneDX) is written beside the lock's versions to
``dist/``; hadolint looks at the Dockerfile. Exit code 0: all good; 1: something is wrong; 2: something could not be
checked, such as the audit offline.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
LOCK = ROOT / "requirements.lock"
GOOD, WRONG, UNCHECKED = 0, 1, 2
AUDIT_SECONDS = 300

_HASHES = r"(?: \\\n +--hash=sha256:[0-9a-f]{64})+"
_ENTRY = re.compile(
    r"^(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)==(?P<version>[^\s;\\]+)(?: ; [^\\\n]+?)?" + _HASHES + "$", re.MULTILINE
)
_VERSION = re.compile(r'__version__ = "([^"]+)"')


def core() -> list[Requirement]:
    """What the core install asks for."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return [Requirement(line) for line in project["dependencies"]]


def check_lock(text: str, wanted: Sequence[Requirement]) -> list[str]:
    """What is wrong with a lock file: a line each, nothing if it is as it should be."""
    problems = []
    entries = list(_ENTRY.finditer(text))
    rest = [line for line in _ENTRY.sub("", text).splitlines() if line.strip() and not line.startswith("#")]
    problems += [f"not an exact version with hashes: {line.strip()}" for line in rest]
    problems += [f"names a host: {line.strip()}" for line in text.splitlines() if "://" in line or "index-url" in line]
    versions: dict[str, list[str]] = {}
    for entry in entries:
        versions.setdefault(_plain(entry["name"]), []).append(entry["version"])
    for requirement in wanted:
        found = versions.get(_plain(requirement.name), [])
        if not found:
            problems.append(f"{requirement.name} is missing")
        problems += [f"{requirement} is locked at {one}" for one in found if not requirement.specifier.contains(one)]
    return problems


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def lock() -> int:
    """Check the lock file."""
    problems = check_lock(LOCK.read_text(encoding="utf-8"), core()) if LOCK.is_file() else [f"no {LOCK.name}"]
    return _tell("lock", WRONG if problems else GOOD, *problems)


def write_lock() -> int:
    """Lock the newest versions that pyproject.toml allows, for every platform and Python version."""
    command = ["uv", "pip", "compile", "--universal", "--generate-hashes", "--no-header", "--no-annotate", "--upgrade"]
    command += ["--no-emit-index-url", "--python-version", "3.11", "pyproject.toml", "-o", LOCK.name, "--quiet"]
    done = _run(command)
    return _tell("new lock", UNCHECKED if done is None else WRONG if done.returncode else GOOD, _last(done))


def audit() -> int:
    """Ask pip-audit for known vulnerabilities of what is locked. It needs the network."""
    command = ["pip-audit", "-r", LOCK.name, "--disable-pip", "--require-hashes", "--progress-spinner", "off"]
    done = _run([*command, "-f", "json"])
    if done is None:
        return _tell("audit", UNCHECKED, "pip-audit is not installed, or did not end: pip install 'ragqa[release]'")
    outcome, said = audited(done.stdout)
    return _tell("audit", outcome, *said, "" if outcome == GOOD else _last(done))


def audited(report: str) -> tuple[int, list[str]]:
    """What pip-audit's report says; offline it skips every package and finds "No known vulnerabilities"."""
    try:
        packages = json.loads(report)["dependencies"]
    except (ValueError, KeyError, TypeError):
        packages = []
    bad = [f"{one['name']}: {', '.join(vuln['id'] for vuln in one['vulns'])}" for one in packages if one.get("vulns")]
    skipped = [one["name"] for one in packages if "vulns" not in one]
    if bad:
        return WRONG, bad
    if skipped or not packages:
        return UNCHECKED, [f"the vulnerability service knew nothing of {len(skipped)} of {len(packages)} packages"]
    return GOOD, [f"no known vulnerabilities in {len(packages)} packages"]


def sbom() -> int:
    """Write the SBOM of what is locked."""
    found = _VERSION.search((ROOT / "ragqa" / "version.py").read_text(encoding="utf-8"))
    target = Path("dist") / f"ragqa-{found[1] if found else '0'}.cdx.json"
    (ROOT / target.parent).mkdir(exist_ok=True)
    command = ["cyclonedx-py", "requirements", LOCK.name, "--output-reproducible", "--of", "JSON", "-o", str(target)]
    done = _run(command)
    if done is None:
        return _tell("SBOM", UNCHECKED, "cyclonedx-bom is not installed: pip install 'ragqa[release]'")
    return _tell("SBOM", WRONG if done.returncode else GOOD, str(target) if not done.returncode else _last(done))


def dockerfile() -> int:
    """Let hadolint look at the Dockerfile."""
    done = _run(["hadolint", "Dockerfile"])
    if done is None:
        return _tell("Dockerfile", UNCHECKED, "hadolint is not installed: pip install 'ragqa[release]'")
    return _tell("Dockerfile", WRONG if done.returncode else GOOD, *(done.stdout + done.stderr).splitlines())


def _run(command: list[str]) -> subprocess.CompletedProcess[str] | None:
    """A finished tool, None if it is not installed or does not end."""
    beside = Path(sys.executable).parent / command[0]
    program = str(beside) if beside.is_file() else shutil.which(command[0])
    if program is None:
        return None
    try:
        return subprocess.run(
            [program, *command[1:]], capture_output=True, text=True, cwd=ROOT, check=False, timeout=AUDIT_SECONDS
        )
    except subprocess.TimeoutExpired:
        return None


def _last(done: subprocess.CompletedProcess[str] | None) -> str:
    lines = [] if done is None else (done.stdout + done.stderr).strip().splitlines()
    return lines[-1][:300] if lines else ""


def _tell(what: str, outcome: int, *said: str) -> int:
    print(f"{what}: {('good', 'WRONG', 'NOT CHECKED')[outcome]}", *filter(None, said), sep="\n    ")
    return outcome


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the checks; see the module."""
    parser = argparse.ArgumentParser("python -m tests.release", description=__doc__)
    parser.add_argument("--write-lock", action="store_true", help="lock the newest versions first")
    options = parser.parse_args(arguments)
    outcomes = [write_lock()] if options.write_lock else []
    outcomes += [lock(), audit(), sbom(), dockerfile()]
    return WRONG if WRONG in outcomes else max(outcomes)


if __name__ == "__main__":
    sys.exit(main())
