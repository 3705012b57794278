"""Which files and folders an index was made from: recorded, recognised, and compared with those of an update."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Literal, get_args

from ragqa.errors import ConfigError
from ragqa.store.manifest import SourceFact

Rule = Literal["same", "add", "replace"]
SHOWN = 5
Covers = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Sources:
    """The sources of an update, and what becomes of others that the index was made from.

    "same": there may be none (`ConfigError`), as their documents would go in silence; "add": their documents stay;
    "replace": their documents go.
    """

    facts: tuple[SourceFact, ...]
    rule: Rule = "same"

    def __post_init__(self) -> None:
        """Known rules only."""
        if self.rule not in get_args(Rule):
            raise ConfigError(f"sources is {self.rule!r}: one of {', '.join(get_args(Rule))}")

    def recorded_after(self, recorded: tuple[SourceFact, ...] | None, directory: Path) -> tuple[SourceFact, ...]:
        """What is recorded once the update is done; `ConfigError` if the rule does not allow it.

        Nothing is known of an index from before sources were recorded, so there every source is allowed. Sources are
        the same if they lie at the same place, or, where a recorded one is no longer there, if they lie at the same
        place seen from the index: then index and sources were moved together.
        """
        before = recorded or ()
        now = tuple(_as_recorded(fact, before) for fact in self.facts)
        others = [fact for fact in before if not any(same_place(fact, own) for own in now)]
        if others and self.rule == "same":
            raise ConfigError(_refusal(directory, others, [fact for fact in now if fact not in before]))
        kept = others if self.rule == "add" else []
        return tuple(dict.fromkeys([*kept, *now]))

    def covers(self, recorded: tuple[SourceFact, ...] | None) -> Covers:
        """Whether a document, told by its source, comes from these sources, so that it goes if it is not there."""
        if self.rule != "add":
            return lambda source: True
        roots = [PurePath(fact.resolved) for fact in self.facts]
        known = sorted(recorded or (), key=lambda fact: -len(fact.given))

        def is_covered(source: str) -> bool:
            place = _absolute(source, known)
            return any(place == root or root in place.parents for root in roots)

        return is_covered


def source_facts(sources: Iterable[str | Path], directory: Path) -> tuple[SourceFact, ...]:
    """What is recorded of sources of the index in ``directory``; each once."""
    facts: dict[str, SourceFact] = {}
    for source in sources:
        resolved = os.path.realpath(source)
        try:
            relative = PurePath(os.path.relpath(resolved, os.path.realpath(directory))).as_posix()
        except ValueError:  # another drive
            relative = ""
        facts.setdefault(resolved, SourceFact(str(source), resolved, relative))
    return tuple(facts.values())


def same_place(recorded: SourceFact, now: SourceFact) -> bool:
    """Whether both are one source; see `Sources.recorded_after`."""
    if recorded.resolved == now.resolved:
        return True
    return bool(now.relative) and recorded.relative == now.relative and not Path(recorded.resolved).exists()


def _as_recorded(fact: SourceFact, recorded: Sequence[SourceFact]) -> SourceFact:
    """The recorded fact of this very place: documents bear the name by which it was given first."""
    return next((known for known in recorded if known.resolved == fact.resolved), fact)


def _absolute(source: str, recorded: Sequence[SourceFact]) -> PurePath:
    """Where a document's file lies; names below a recorded source are read as they were when it was recorded."""
    for fact in recorded:
        if source == fact.given or source.startswith(f"{fact.given.rstrip('/')}/"):
            return PurePath(os.path.normpath(fact.resolved + source[len(fact.given.rstrip("/")) :]))
    return PurePath(os.path.realpath(source))


def _refusal(directory: Path, others: Sequence[SourceFact], new: Sequence[SourceFact]) -> str:
    names = ", ".join(fact.given for fact in others[:SHOWN]) + (", …" if len(others) > SHOWN else "")
    gone = "" if all(Path(fact.resolved).exists() for fact in others) else " (not there any more)"
    found = ", ".join(fact.given for fact in new[:SHOWN]) or "fewer of them"
    return (
        f"{directory}: was made from {names}{gone}, now {found} is named: --add keeps what came from {names}, "
        f"--replace lets it go (documents that are the same are not encoded again)"
    )
