"""Each packaged model has a card that says what its machine-readable one says, and the citation is of this version."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import ragqa
from ragqa.models.card import read_card
from ragqa.models.catalog import PACKAGED, PRETRAINED, Packaged

yaml = pytest.importorskip("yaml", reason="needs ragqa[dev]")

ROOT = Path(__file__).parents[2]
MODELS = [one for one in PACKAGED if not one.module]


def page_of(model: Packaged) -> Path:
    """A model's own card, or that of its pair in the folder above."""
    return next(
        folder / "README.md" for folder in (model.place, model.place.parent) if (folder / "README.md").is_file()
    )


@pytest.mark.parametrize("model", MODELS, ids=lambda model: f"{model.name}-{model.kind}")
def test_the_card_says_what_the_machines_card_says(model: Packaged) -> None:
    page, card = page_of(model), read_card(model.place, model.kind)
    text = page.read_text(encoding="utf-8")
    front = yaml.safe_load(text.split("---\n")[1])
    languages = front["language"] if isinstance(front["language"], list) else [front["language"]]
    assert front["license"] and set(card.languages) <= set(languages)
    assert card.name in text
    for name, value in card.measured.items():
        figure = f"{value:,}".removesuffix(".0")
        assert re.search(rf"(?<![\d.,]){re.escape(figure)}(?!\d)", text), f"{page}: {name} is {figure}"
    for heading in ("## What it is for", "## Training", "## What was measured", "## Limits and risks"):
        assert heading in text, f"{page}: {heading}"


@pytest.mark.parametrize("model", MODELS, ids=lambda model: f"{model.name}-{model.kind}")
def test_the_card_is_part_of_the_documentation_and_the_notice(model: Packaged) -> None:
    page = page_of(model).relative_to(ROOT).as_posix()
    assert f"(../{page})" in (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    folder = model.place.relative_to(ROOT).as_posix()
    assert any(place in (ROOT / "NOTICE").read_text(encoding="utf-8") for place in (folder, Path(folder).parent.name))


def test_the_packaged_data_have_cards() -> None:
    text = (ROOT / "docs" / "reference" / "data.md").read_text(encoding="utf-8")
    for path in ("corpora/sample", "corpora/tables", "corpora/synonyms.txt", "eval/questions"):
        assert f"`{path}`" in text and (ROOT / path).exists()
    fits = [path.relative_to(ROOT).as_posix() for path in PRETRAINED.rglob("calibration.json")]
    assert fits and all(f"`{fit}`" in text for fit in fits), fits
    for file in (ROOT / "eval" / "questions").iterdir():
        assert f"`{file.name}`" in text, file.name


def test_the_citation_is_of_this_version() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["cff-version"] == "1.2.0" and citation["version"] == ragqa.__version__
    assert citation["license"] == "Apache-2.0" and citation["authors"] and citation["title"] and citation["message"]
