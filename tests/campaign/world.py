"""Small documents in an old and a new state, the changes between them, and quick stand-ins for models.

Whatever a trial does to an index, it does here, in a process made by `processes.run`: the campaign's own process never
opens an index.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import ragqa.composition
import ragqa.indexing
import ragqa.models.catalog
import ragqa.pipeline
from ragqa.config import IndexConfig, SplitConfig
from ragqa.corpus.read import read_documents
from ragqa.corpus.synonyms import parse_synonyms
from ragqa.evidence.calibration import Calibration, Step, save_calibration
from ragqa.index.derive import reencode
from ragqa.index.writer import compact, update
from ragqa.models.ensemble import readers_fingerprint
from ragqa.testing import HashEncoder, WordReader

with suppress(ImportError):
    import pandas  # noqa: F401 - pyarrow imports it with its first array, so that each fork would pay for it

CONFIG = IndexConfig(split=SplitConfig(words=12))
ANN = IndexConfig(split=SplitConfig(words=12), dense="hnsw")


def use_quick_models() -> None:
    """From now on whatever this process asks or indexes uses `HashEncoder` and `WordReader`."""
    for module, name, made in (
        (ragqa.models.catalog, "load_encoder", HashEncoder),
        (ragqa.indexing, "load_encoder", HashEncoder),
        (ragqa.composition, "load_encoder", HashEncoder),
        (ragqa.composition, "load_readers", WordReader),
    ):
        assert hasattr(module, name), f"{module.__name__}.{name} has gone: mend tests/campaign/world.py"
        setattr(module, name, lambda *_, made=made, **__: made())


def ragqa_command(*line: object, packaged: bool = False, begun: Path | None = None) -> Callable[[], Any]:
    """The command ``ragqa`` with these arguments, to be run in a process of its own; the file ``begun`` is made once it
    is inside of what handles signals.
    """

    def work() -> None:
        from ragqa.cli import cli, main

        if not packaged:
            use_quick_models()
        if begun is not None:
            begin = cli.main

            def noting(*given: Any, **named: Any) -> Any:
                begun.touch()
                return begin(*given, **named)

            cli.main = noting  # type: ignore[method-assign]
        main([str(word) for word in line])

    return work


TOWNS = ("Arlen", "Brissa", "Corvin", "Delmar", "Eastry", "Fenwick")
QUESTIONS = (
    "Who founded Arlen?",
    "What is made in Brissa?",
    "Where does the river of Corvin rise?",
    "When was Delmar burnt?",
    "Which bridge does Eastry have?",
    "Who founded Gantry and what is made there?",
)


def town(name: str, edition: str = "first") -> str:
    """A text of three passages; an edition changes the facts."""
    mark = sum(map(ord, name + edition))
    return (
        f"{name} was founded by settler{mark} in the year {1200 + mark % 600} upon a hill.\n\n"
        f"In {name} they make goods{mark * 7 % 997} and sell them in every market of the coast.\n\n"
        f"The river of {name} rises at spring{mark * 13 % 991}, bridge{mark * 17 % 983} of stone crosses it, é 🦊 ok.\n"
    )


EDITIONS = {  # what the files of each folder of sources say
    "first": dict.fromkeys(TOWNS[:4], "first"),
    "old": {"Arlen": "first", "Brissa": "first", "Corvin": "first", "Delmar": "second", "Eastry": "first"},
    "new": {**dict.fromkeys(("Arlen", "Corvin", "Fenwick", "Gantry"), "first"), "Brissa": "third", "Delmar": "second"},
}
RULES = "founded, established\nriver, stream\n"
OTHER_RULES = "bridge, crossing\n"


def write_sources(scratch: Path) -> None:
    """The folders ``first``, ``old`` and ``new`` of text files, once."""
    for edition, towns in EDITIONS.items():
        folder = scratch / edition
        if not folder.exists():
            folder.mkdir()
            for name, fact in towns.items():
                (folder / f"{name.lower()}.txt").write_text(town(name, fact), encoding="utf-8")


def _write(index: Path, edition: str, config: IndexConfig = CONFIG, rules: str | None = None) -> None:
    """Bring an index in line with a folder of sources beside it."""
    documents = read_documents([index.parent / edition], lambda problem: sys.exit(str(problem)))
    given = None if rules is None else parse_synonyms(rules, "synonyms.txt")
    update(index, config, HashEncoder(), documents, synonyms=given)


def build_first(index: Path, config: IndexConfig = CONFIG) -> None:
    """An index of one segment with scores of its own; generation 1 of the old index."""
    _write(index, "first", config)
    fit = Calibration(
        curve=tuple(Step(0.9 - n / 125, 8 * n, n // 3) for n in range(1, 101)),
        questions=800,
        reader=readers_fingerprint(("default",)),
        encoder=HashEncoder().fingerprint,
        data={"made up": "0" * 64},
    )
    save_calibration(index, fit)


def build_old(index: Path, config: IndexConfig = CONFIG) -> None:
    """An index of two segments with deleted documents, synonyms and scores of its own; generation 2."""
    build_first(index, config)
    _write(index, "old", config, RULES)


def _compact(index: Path) -> None:
    compact(index)


def _update(index: Path) -> None:
    _write(index, "new")


def _synonyms(index: Path) -> None:
    _write(index, "old", rules=OTHER_RULES)


def _reencode(index: Path) -> None:
    reencode(index, HashEncoder(name="other"), "other")


def _rebuild(index: Path) -> None:
    _write(index, "new", IndexConfig(split=SplitConfig(words=20)))


@dataclass(frozen=True, slots=True)
class Change:
    """What a writer does to the old index, or where there is none yet."""

    name: str
    do: Callable[[Path], None]
    first: bool = False


CHANGES = (
    Change("update", _update),
    Change("compact", _compact),
    Change("first build", _update, first=True),
    Change("synonyms", _synonyms),
    Change("rebuild", _rebuild),
    Change("reencode", _reencode),
)


@cache
def prepared(scratch: Path, ann: bool = False) -> Path:
    """The old index, made once; to be copied, not touched."""
    from .processes import run

    write_sources(scratch)
    place = scratch / ("index-ann" if ann else "index")
    ended = run(lambda: build_old(place, ANN if ann else CONFIG), needs=60)
    assert ended.code == 0, ended.err
    return place


def fresh(scratch: Path, name: str, change: Change | None = None, ann: bool = False) -> Path:
    """A copy of the old index of its own, or no more than its name for a first build."""
    place = scratch / name
    write_sources(scratch)
    shutil.rmtree(place, ignore_errors=True)
    if change is None or not change.first:
        shutil.copytree(prepared(scratch, ann), place)
    return place
