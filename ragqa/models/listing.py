"""What is said of the packaged pairs of models: sizes from their files, all else from their cards."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ragqa.models.card import TOKENIZER, Card, common_folder, read_card
from ragqa.models.catalog import pairs, resolve
from ragqa.models.words import WORDS


@dataclass(frozen=True, slots=True)
class PairFacts:
    """A packaged pair: the bytes of its files (shared ones once), the languages of both models, none if any."""

    name: str
    bytes: int
    languages: tuple[str, ...]
    encoder: Card
    reader: Card

    def to_dict(self) -> dict[str, Any]:
        """The JSON form, with the cards."""
        return asdict(self)


def packaged_pairs() -> list[PairFacts]:
    """All of them, in the order in which a language chooses among them."""
    return [_facts(name) for name in pairs()]


def _facts(name: str) -> PairFacts:
    folders = {kind: resolve(name, kind) for kind in ("encoder", "reader")}
    cards = {kind: read_card(folder, kind) for kind, folder in folders.items()}
    files: set[Path] = set()
    for kind, folder in folders.items():
        common = common_folder(folder, cards[kind])
        files |= {path for path in folder.rglob("*") if path.is_file()}
        files |= {path for path in (common / TOKENIZER, common / WORDS) if path.is_file()}
    return PairFacts(
        name,
        sum(path.stat().st_size for path in files),
        tuple(dict.fromkeys([*cards["encoder"].languages, *cards["reader"].languages])),
        cards["encoder"],
        cards["reader"],
    )
