"""Making an index whole again: from what is left of its generations, without its sources."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from ragqa.convert import read_json
from ragqa.device import AUTO
from ragqa.errors import IndexFormatError, StorageError
from ragqa.index.commit import publish
from ragqa.index.damage import Care, Examiner, Plan, Stored, check_regular, foreign_files, identities, plan
from ragqa.index.rebuild import rebuild
from ragqa.index.report import Progress, silent
from ragqa.index.verify import verify
from ragqa.protocols import Encoder
from ragqa.store.aside import set_aside
from ragqa.store.atomic import replace_file, storing
from ragqa.store.layout import Layout, current_line
from ragqa.store.manifest import READABLE, EncoderFact, read_manifest
from ragqa.store.packed import refuse_packed
from ragqa.store.record import unseal
from ragqa.store.transaction import addition, mending, sweep


@dataclass(frozen=True, slots=True)
class RepairReport:
    """What was wrong, what was done about it (or, on a dry run, is to be done), and what could not be saved.

    ``generation`` is the one that is current now (or would be). ``lost`` counts the documents that are no longer there,
    None where nobody can tell; of ``lost_ids`` and ``lost_sources`` there are as many as can still be read. ``aside``
    is the folder with the damaged files. ``problems``: what `verify` still finds, which is nothing but for an index
    whose files are as they were written and yet do not agree.
    """

    generation: int
    documents: int
    passages: int
    damage: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    lost: int | None = 0
    lost_ids: tuple[str, ...] = ()
    lost_sources: tuple[str, ...] = ()
    aside: str | None = None
    problems: tuple[str, ...] = ()


def repair(
    directory: str | Path,
    *,
    load: Callable[[EncoderFact], Encoder],
    unusable: Callable[[Path], str],
    dry_run: bool = False,
    device: str = AUTO,
    progress: Progress | None = None,
) -> RepairReport:
    """Make the newest generation that can be whole the current one.

    Preferred is the one that CURRENT names. Word index, FAISS indexes and tombstones are derived again, passages and
    vectors made again by the encoder that ``load`` gives (`FingerprintMismatch` if it is another). Only if no
    generation keeps all of its documents, the newest one is used without the segments whose documents are damaged.
    ``unusable`` says what is wrong with a calibration, which is then set aside as all damaged files are. ``device`` is
    where the index is to be searched.

    With ``dry_run`` nothing is written. `IndexFormatError`, and nothing changed, if nothing can be saved.
    """
    tell = progress or silent
    with _hold(Path(directory), dry_run) as layout:
        found = _survey(layout, tell, unusable)
        report = _report(layout, found)
        if not dry_run and report.steps:
            report = replace(report, aside=_mend(layout, found, load, device, tell))
            manifest = read_manifest(layout, layout.require_current())
            report = replace(report, documents=manifest.live_documents, passages=manifest.live_passages)
    return report if dry_run else replace(report, problems=tuple(verify(directory, tell)))


@dataclass(frozen=True, slots=True)
class _Survey:
    """What was found: ``named`` is the generation in CURRENT, if that can be read; ``examined`` begins with the one
    that should be current; ``intended`` is how far that one could be used, ``chosen`` what is to be used.
    """

    named: int | None
    current_problem: str
    examined: tuple[Stored, ...]
    intended: Plan | None
    chosen: Plan
    calibration_problem: str
    foreign: tuple[Path, ...]


@contextmanager
def _hold(root: Path, dry_run: bool) -> Iterator[Layout]:
    if not dry_run:
        with mending(root) as layout:
            yield layout
        return
    refuse_packed(root)
    layout = Layout(root)
    if not layout.stored_generations():
        layout.require_current()
    yield layout


def _survey(layout: Layout, tell: Progress, unusable: Callable[[Path], str]) -> _Survey:
    named, problem = _current(layout)
    order = [number for number in reversed(layout.stored_generations()) if number != named]
    examiner, examined, plans = Examiner(layout, tell), [], list[Plan | None]()
    for number in order if named is None else [named, *order]:
        examined.append(examiner.examine(number))
        if len(examined) == 1:
            _refuse_other_format(layout, examined[0])
        plans.append(plan(layout, examined[-1]))
        if (last := plans[-1]) is not None and last.lossless:
            break
    usable = [one for one in plans if one is not None]
    chosen = next((one for one in usable if one.lossless), usable[0] if usable else None)
    if chosen is None:
        raise IndexFormatError(_nothing_left(layout, problem, examined))
    calibration = _calibration(layout, unusable)
    foreign = tuple(foreign_files(layout, chosen.manifest)) if chosen.stored.whole else ()
    return _Survey(named, problem, tuple(examined), plans[0], chosen, calibration, foreign)


def _calibration(layout: Layout, unusable: Callable[[Path], str]) -> str:
    """What is wrong with the calibration, if there is one."""
    if not layout.calibration.exists():
        return ""
    try:
        check_regular(layout.calibration)
    except IndexFormatError as error:
        return str(error).removeprefix(f"{layout.calibration}: ")
    return unusable(layout.calibration)


def _current(layout: Layout) -> tuple[int | None, str]:
    """The generation that CURRENT names, and what is wrong with that file."""
    try:
        check_regular(layout.current)
        return layout.current_generation(), ""
    except IndexFormatError as error:
        return None, str(error).removeprefix(f"{layout.current}: ").partition("; ")[0]


def _refuse_other_format(layout: Layout, stored: Stored) -> None:
    """An index of another format version is not damaged: `IndexFormatError`, as whoever reads it says."""
    if stored.manifest is not None:
        return
    try:
        path = layout.manifest(stored.number)
        check_regular(path)
        raw, _ = unseal(read_json(path.read_bytes()))
    except (OSError, ValueError, IndexFormatError):
        return
    if type(raw.get("format")) is int and raw["format"] not in READABLE:
        read_manifest(layout, stored.number)


def _nothing_left(layout: Layout, problem: str, examined: list[Stored]) -> str:
    reasons = [f"{layout.current}: {problem}"] if problem else []
    reasons += [f"{path}: {what}" for stored in examined for path, what in stored.damage.items()]
    more = f" and {len(reasons) - 1} more" if len(reasons) > 1 else ""
    return (
        f"{layout.root}: nothing of it can be saved ({reasons[0]}{more}) and nothing was changed; "
        f"run ragqa index on the same sources into a new directory"
    )


def _mend(
    layout: Layout, found: _Survey, load: Callable[[EncoderFact], Encoder], device: str, tell: Progress
) -> str | None:
    """Do it; where damaged files were set aside. CURRENT is replaced after everything else is durable."""
    chosen = found.chosen
    if chosen.stored.whole:
        aside = _set_aside(layout, found, set())
        if found.named != chosen.stored.number:
            with storing(layout.current):
                replace_file(layout.current, current_line(chosen.stored.number))
    else:
        with addition(layout) as change:
            made = rebuild(change, chosen, load, device, tell)
            aside = _set_aside(layout, found, {segment.id for segment in made.manifest.segments})
            publish(change, made)
    with storing(layout.root):
        for path in [*found.foreign, *([layout.calibration] if found.calibration_problem else [])]:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        sweep(layout)
    return None if aside is None else str(aside)


def _set_aside(layout: Layout, found: _Survey, used: set[str]) -> Path | None:
    """Everything damaged, and what may belong to it; ``used`` are the segments of the new generation."""
    broken = [stored for stored in found.examined if not stored.whole]
    paths = [layout.generation(stored.number) for stored in broken] + list(found.foreign)
    if broken:
        used |= _segments_of(layout, {stored.number for stored in broken})
        paths += [layout.segment(name) for name in layout.stored_segments() if name not in used]
    if found.calibration_problem:
        paths.append(layout.calibration)
    if found.current_problem and layout.current.is_file():
        paths.append(layout.current)
    special = layout.current.exists() and not layout.current.is_file()
    if not paths and not special:
        return None
    aside = set_aside(layout, paths)
    if special:  # a folder or a pipe, which no file can replace
        with storing(layout.current):
            layout.current.rename(aside / layout.current.name)
    return aside


def _segments_of(layout: Layout, without: set[int]) -> set[str]:
    """The segments of all stored generations but these, as far as manifests can be read."""
    names: set[str] = set()
    for number in layout.stored_generations():
        if number not in without:
            try:
                check_regular(layout.manifest(number))
                names |= {segment.id for segment in read_manifest(layout, number).segments}
            except (IndexFormatError, StorageError):
                continue
    return names


def _report(layout: Layout, found: _Survey) -> RepairReport:
    chosen = found.chosen
    number = chosen.stored.number if chosen.stored.whole else max(layout.stored_generations()) + 1
    lost, ids, sources = _lost(layout, found)
    return RepairReport(
        generation=number,
        documents=chosen.documents,
        passages=chosen.passages,
        damage=tuple(_damage(layout, found)),
        steps=tuple(_steps(layout, found, number)),
        lost=lost,
        lost_ids=ids,
        lost_sources=sources,
    )


def _damage(layout: Layout, found: _Survey) -> Iterator[str]:
    if found.current_problem:
        yield f"{layout.current}: {found.current_problem}"
    told = set()
    for stored in found.examined:
        for path, what in stored.damage.items():
            if path not in told:
                yield f"{path}: {what}"
                told.add(path)
    for path in found.foreign:
        yield f"{path}: does not belong to the index"
    if found.calibration_problem:
        yield f"{layout.calibration}: {found.calibration_problem}"


def _steps(layout: Layout, found: _Survey, number: int) -> Iterator[str]:
    """What is to be done, each beginning with a verb."""
    chosen = found.chosen
    for segment, care in zip(chosen.manifest.segments, chosen.care, strict=True):
        if care is not Care.NONE:
            yield f"{care.value} (segment {segment.id}, {segment.rows} passages)"
    if layout.tombstones(chosen.stored.number) in chosen.stored.damage:
        yield "work out again which documents are deleted"
    if chosen.words:
        yield "build the word index again from the passages"
    if chosen.without_synonyms:
        yield "go without the synonyms, which are lost: give them again with ragqa index --synonyms"
    if number != found.named:
        yield f"make generation {number} current"
    if found.calibration_problem:
        yield f"set {layout.calibration.name} aside: ragqa calibrate fits scores again"
    if found.foreign:
        yield "set aside what does not belong to the index"


def _lost(layout: Layout, found: _Survey) -> tuple[int | None, tuple[str, ...], tuple[str, ...]]:
    """How many documents of the intended generation the chosen one has not; ids and sources of those that are known."""
    chosen, intended = found.chosen, found.intended
    if intended is chosen and chosen.lossless:
        return 0, (), ()
    if intended is None:
        return None, (), ()
    kept = identities(layout, chosen, chosen.kept)
    expected = identities(layout, intended, range(len(intended.care)))
    gone = {known: source for known, source in expected.items() if known not in kept}
    count = intended.manifest.live_documents - len(expected.keys() & kept.keys())
    return count, tuple(doc_id for doc_id, _ in gone), tuple(dict.fromkeys(gone.values()))
