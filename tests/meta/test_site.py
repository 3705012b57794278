"""The site is built without a warning, its navigation holds every page, and llms.txt is up to date."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import ragqa
from ragqa import errors

ROOT = Path(__file__).parents[2]
FIRST = ROOT / "docs" / "index.md"


@pytest.fixture(scope="module")
def contents() -> ModuleType:
    spec = importlib.util.spec_from_file_location("contents", ROOT / "docs" / "contents.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def build(source: Path, target: Path, *settings: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-c", str(ROOT / "docs"), *settings]
    return subprocess.run([*command, str(source), str(target)], capture_output=True, text=True, cwd=ROOT, timeout=600)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("sphinx", reason="needs ragqa[dev]")
    target = tmp_path_factory.mktemp("site")
    done = build(ROOT, target)
    assert done.returncode == 0 and not done.stderr, done.stderr
    return target


@pytest.mark.slow
def test_the_site_is_built_without_a_warning_and_has_every_page(site: Path, contents: ModuleType) -> None:
    first = (site / "docs" / "index.html").read_text(encoding="utf-8")
    for chapter in contents.chapters(FIRST.read_text(encoding="utf-8")):
        assert chapter.title in first
        for page in chapter.pages:
            assert (site / page.path).with_suffix(".html").is_file(), page.path
    assert "docs/index.html" in (site / "index.html").read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_site_loads_nothing_from_elsewhere(site: Path) -> None:
    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        for tag in ("<script", "<link", "<img", "<iframe"):
            for part in text.split(tag)[1:]:
                start = part.partition(">")[0]
                assert 'src="http' not in start and not ('href="http' in start and tag == "<link"), (page.name, start)


@pytest.mark.slow
def test_the_reference_names_every_public_class_and_function(site: Path) -> None:
    text = (site / "docs" / "reference" / "python.html").read_text(encoding="utf-8")
    for name in ragqa.__all__:
        assert name.startswith("__") or f'id="ragqa.{name}"' in text or name == "RagqaError", name
    for kind in vars(errors).values():
        assert not isinstance(kind, type) or f'id="ragqa.errors.{kind.__name__}"' in text, kind


@pytest.mark.slow
def test_llms_txt_of_the_site_leads_to_pages(site: Path) -> None:
    targets = [part.partition(")")[0] for part in (site / "llms.txt").read_text(encoding="utf-8").split("](")[1:]]
    assert len(targets) > 30 and all((site / target).is_file() for target in targets)


def test_llms_txt_is_up_to_date(contents: ModuleType) -> None:
    found = contents.chapters(FIRST.read_text(encoding="utf-8"))
    written = (ROOT / "llms.txt").read_text(encoding="utf-8")
    assert written == contents.llms_txt(found), "run python docs/contents.py to write it anew"
    assert all((ROOT / page.path).is_file() for chapter in found for page in chapter.pages)


def test_a_chapter_is_a_heading_with_a_table(contents: ModuleType) -> None:
    rows = "| [A](a.md) | [about](b.md) a |\n| [B](../B.md) | b |"
    text = f"# T\n\n## One\n\n| page | x |\n|---|---|\n{rows}\n\n## None\n"
    (only,) = contents.chapters(text)
    assert only.title == "One"
    assert [(page.path, page.about) for page in only.pages] == [("docs/a.md", "about a"), ("B.md", "b")]
    assert "A </docs/a>" in contents.toctrees([only]) and "B </B>" in contents.toctrees([only])


@pytest.mark.slow
def test_a_link_that_leads_nowhere_stops_the_build(tmp_path: Path) -> None:
    pytest.importorskip("sphinx", reason="needs ragqa[dev]")
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "index.md").write_text("# One\n\n[nowhere](nowhere.md)\n")
    done = build(tmp_path, tmp_path / "out")
    assert done.returncode != 0 and "nowhere.md" in done.stderr
