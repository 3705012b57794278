"""Which files and folders an index was made from: recorded, recognised, and compared with those of an update."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Literal, get_args

from ragqa.documents import file_of
from ragqa.errors import ConfigError
from ragqa.store.manifest import SourceFact

Rule = Literal["same", "add", "replace"]
SHOWN = 5
Covers = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Sources:
    """The sources of an update, and what becomes of others that the index was made from.

    "same": there may be none (`ConfigError`), as their documents would go in silence, but for those that were moved;
    "add": their documents stay; "replace": their documents go.
    """

    facts: tuple[SourceFact, ...]
    rule: Rule = "same"

    def __post_init__(self) -> None:
        """Known rules only."""
        if self.rule not in get_args(Rule):
            raise ConfigError(f"sources is {self.rule!r}: one of {', '.join(get_args(Rule))}")

    def after(
        self, recorded: tuple[SourceFact, ...] | None, directory: Path
    ) -> tuple[tuple[SourceFact, ...], ConfigError | None]:
        """What is recorded once the update is done, and an error that is to be raised unless documents were moved.

        Nothing is known of an index from before sources were recorded, so there every source is allowed. Sources are
        the same if they lie at the same place, or, where a recorded one is no longer there, if they lie at the same
        place seen from the index: then index and sources were moved together. If the rule does not allow others than
        those recorded, a `ConfigError` is raised here; but if all that are missing are gone and new ones are named,
        they may have been moved, and whoever compares the documents decides.
        """
        before = recorded or ()
        now = tuple(_as_recorded(fact, before) for fact in self.facts)
        others = [fact for fact in before if not any(same_place(fact, own) for own in now)]
        refusal = None
        if others and self.rule == "same":
            new = [fact for fact in now if fact not in before]
            refusal = ConfigError(_refusal(directory, others, new))
            if not new or any(map(_is_there, others)):
                raise refusal
        kept = others if self.rule == "add" else []
        return tuple(dict.fromkeys([*kept, *now])), refusal

    def same_place(self, recorded: tuple[SourceFact, ...] | None) -> Callable[[str, str], bool]:
        """Whether a document's source as it is stored and its source now name one place."""
        known, now = _longest_first(recorded or ()), _longest_first(self.facts)
        return lambda stored, given: _place(stored, known) == _place(given, now)

    def covers(self, recorded: tuple[SourceFact, ...] | None) -> Covers:
        """Whether a document, told by its source, comes from these sources, so that it goes if it is not there."""
        if self.rule != "add":
            return lambda source: True
        roots = [PurePath(fact.resolved) for fact in self.facts]
        known = _longest_first(recorded or ())

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
    """Whether both are one source; see `Sources.after`."""
    if recorded.resolved == now.resolved:
        return True
    return bool(now.relative) and recorded.relative == now.relative and not Path(recorded.resolved).exists()


def _is_there(fact: SourceFact) -> bool:
    return Path(fact.resolved).exists()


def _longest_first(facts: Sequence[SourceFact]) -> list[SourceFact]:
    return sorted(facts, key=lambda fact: -len(fact.given))


def _as_recorded(fact: SourceFact, recorded: Sequence[SourceFact]) -> SourceFact:
    """The recorded fact of this very place: documents bear the name by which it was given first."""
    return next((known for known in recorded if known.resolved == fact.resolved), fact)


def _place(source: str, recorded: Sequence[SourceFact]) -> tuple[PurePath, str]:
    """Where a document's file lies, and the place in the file."""
    return _absolute(source, recorded), source[len(file_of(source)) :]


def _absolute(source: str, recorded: Sequence[SourceFact]) -> PurePath:
    """Where a document's file lies; names below a recorded source are read as they were when it was recorded."""
    source = file_of(source)
    for fact in recorded:
        if source == fact.given or source.startswith(f"{fact.given.rstrip('/')}/"):
            return PurePath(os.path.normpath(fact.resolved + source[len(fact.given.rstrip("/")) :]))
    return PurePath(os.path.realpath(source))


def _refusal(directory: Path, others: Sequence[SourceFact], new: Sequence[SourceFact]) -> str:
    names = ", ".join(fact.given for fact in others[:SHOWN]) + (", …" if len(others) > SHOWN else "")
    gone = "" if all(map(_is_there, others)) else " (not there any more)"
    found = ", ".join(fact.given for fact in new[:SHOWN]) or "fewer of them"
    return (
        f"{directory}: was made from {names}{gone}, now {found} is named: --add keeps what came from {names}, "
        f"--replace lets it go (documents that are the same are not encoded again)"
    )
