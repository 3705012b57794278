"""The wheel that is released: the same bytes wherever it is built, with all that it needs and nothing else."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import ragqa

ROOT = Path(__file__).parents[2]
SOURCES = ("ragqa", "pyproject.toml", "README.md", "LICENSE", "NOTICE")
NOW = "1790000000"  # seconds since 1970, for SOURCE_DATE_EPOCH

pytestmark = pytest.mark.slow


def built(place: Path, umask: int, mtime: int) -> Path:
    """A wheel of a copy of the sources whose files have another time and other rights."""
    source = place / "source"
    source.mkdir(parents=True)
    for name in SOURCES:
        own = ROOT / name
        if own.is_dir():
            shutil.copytree(own, source / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(own, source / name)
    for path in source.rglob("*"):
        path.chmod(0o777 & ~umask if path.is_dir() else 0o666 & ~umask)
        os.utime(path, (mtime, mtime))
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(place), str(source)]
    environment = {**os.environ, "SOURCE_DATE_EPOCH": NOW}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = place.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    for module in ("build", "hatchling"):
        if importlib.util.find_spec(module) is None:
            pytest.skip(f"{module} is not installed: it comes with ragqa[dev]")
    place = tmp_path_factory.mktemp("wheels")
    return [built(place / "one", 0o022, 1_600_000_000), built(place / "two", 0o077, 1_700_000_000)]


def test_it_is_the_same_byte_for_byte(wheels: list[Path]) -> None:
    one, two = (hashlib.sha256(wheel.read_bytes()).hexdigest() for wheel in wheels)
    assert one == two and wheels[0].name == wheels[1].name == f"ragqa-{ragqa.__version__}-py3-none-any.whl"


def test_it_holds_the_models_their_cards_and_the_licences_and_no_tests(wheels: list[Path]) -> None:
    with zipfile.ZipFile(wheels[0]) as wheel:
        names = set(wheel.namelist())
    package = {f"ragqa/{path.relative_to(ROOT / 'ragqa').as_posix()}" for path in (ROOT / "ragqa").rglob("*")}
    assert {name for name in package if "pretrained" in name and Path(ROOT / name).is_file()} <= names
    assert {Path(name).name for name in names if "/licenses/" in name} == {"LICENSE", "NOTICE"}
    assert {name.partition("/")[0] for name in names} == {"ragqa", f"ragqa-{ragqa.__version__}.dist-info"}


def test_it_runs_when_installed(wheels: list[Path], tmp_path: Path) -> None:
    """By pip, without its dependencies, which are there already; from elsewhere than the sources."""
    place = tmp_path / "installed"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", str(place)]
    subprocess.run([*pip, str(wheels[0])], check=True, capture_output=True, timeout=300)
    (tmp_path / "town.txt").write_text("The bridge of Chur was built by Ilse Brandt.")
    environment = {**os.environ, "PYTHONPATH": str(place)}

    def run(*arguments: str) -> str:
        command = [sys.executable, "-m", "ragqa", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=environment, timeout=120)
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert ragqa.__version__ in run("--version")
    run("index", "town.txt", "-o", "indexes/towns")
    assert "1. Ilse Brandt" in run("ask", "Who built the bridge of Chur?")
    assert (
        str(place)
        in subprocess.run(
            [sys.executable, "-c", "import ragqa; print(ragqa.__file__)"],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env=environment,
        ).stdout
    )
