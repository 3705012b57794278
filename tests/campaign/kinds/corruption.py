"""One file of an index is damaged, and a command meets it: it notices, or nothing has changed for its user."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Sequence
from functools import cache, partial
from pathlib import Path

from ragqa.cli import cli

from ..judges import State, answers, look, process, refusal, result, same, silent
from ..outcome import Outcome, Result
from ..processes import Ended, run
from ..world import ANN, CONFIG, QUESTIONS, build_first, fresh, prepared, ragqa_command
from . import Lab, clear

COMMANDS = ("ask", "ask", "search", "verify", "compact", "update", *(["repair"] if "repair" in cli.commands else []))
LOSS = re.compile(r"^(lost|damage|repair): ", re.M)  # what a repair says where it could not save everything
RANDOM_NAME = re.compile(r"[0-9a-f]{32}")  # a trial must choose the same file whatever the files are called


def flip_a_bit(content: bytearray, rng: random.Random) -> None:
    """One bit, anywhere."""
    if content:
        content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)


def change_bytes(content: bytearray, rng: random.Random) -> None:
    """Up to eight bytes in a row become others; the size stays."""
    if content:
        start = rng.randrange(len(content))
        for place in range(start, min(len(content), start + rng.randint(1, 8))):
            content[place] = (content[place] + rng.randrange(1, 256)) % 256


def change_a_digit(content: bytearray, rng: random.Random) -> None:
    """A digit or letter becomes another: damage that still parses where the file is text."""
    places = [place for place, byte in enumerate(content[:65536]) if chr(byte).isascii() and chr(byte).isalnum()]
    if places:
        place = rng.choice(places)
        kind = b"0123456789" if chr(content[place]).isdigit() else b"abcdefghijklmnopqrstuvwxyz"
        content[place] = rng.choice([byte for byte in kind if byte != content[place]])


def zero_a_block(content: bytearray, rng: random.Random) -> None:
    """A block of zeros, as a disk gives back that lost it."""
    size = rng.choice((16, 512, 4096))
    start = rng.randrange(len(content) // size + 1) * size
    content[start : start + size] = bytes(len(content[start : start + size]))


def cut(content: bytearray, rng: random.Random) -> None:
    """The end is missing, or all of it."""
    del content[rng.choice((0, rng.randrange(len(content) + 1), max(0, len(content) - 1))) :]


def lengthen(content: bytearray, rng: random.Random) -> None:
    """Something stands behind the end."""
    content += rng.choice((b"\0", b"\n", bytes(4096), rng.randbytes(100), bytes(content)))


DAMAGES: tuple[Callable[[bytearray, random.Random], None], ...] = (
    flip_a_bit,
    change_bytes,
    change_a_digit,
    zero_a_block,
    cut,
    lengthen,
)


MAY_GO = "calibration.json"  # who removes it goes back to the scores that come with ragqa: that is no damage


def damage(index: Path, files: Sequence[str], number: int, rng: random.Random) -> tuple[str, str]:
    """Damage one file of an index: its name, and how."""
    name = files[rng.randrange(len(files))]
    way = number % (len(DAMAGES) + 2)
    if way < len(DAMAGES):
        content = bytearray((index / name).read_bytes())
        DAMAGES[way](content, rng)
        _replace(index / name, bytes(content))
        return name, DAMAGES[way].__name__.replace("_", " ")
    if way == len(DAMAGES) and name != MAY_GO:
        (index / name).unlink()
        return name, "removed"
    alike = [other for other in files if Path(other).name == Path(name).name and other != name]
    other = rng.choice(alike or [other for other in files if other != name])
    one, two = (index / name).read_bytes(), (index / other).read_bytes()
    _replace(index / name, two)
    _replace(index / other, one)
    return name, f"swapped with {other}"


def _replace(path: Path, content: bytes) -> None:
    path.unlink()
    path.write_bytes(content)


def command(name: str, place: Path) -> Sequence[object]:
    """The command line that meets the damage."""
    return {
        "ask": ("ask", "--file", place.parent / "questions.txt", "-i", place, "--jsonl"),
        "search": ("search", QUESTIONS[0], "-i", place, "--json", "-k", 20),
        "verify": ("verify", "-i", place),
        "compact": ("compact", "-i", place),
        "repair": ("repair", "-i", place, "-q"),
        "update": ("index", place.parent / "new", "-o", place, "--replace", "-q"),
    }[name]


@cache
def expected(scratch: Path, name: str, ann: bool) -> tuple[Ended, State, Ended]:
    """What a command prints and leaves where nothing is damaged; and what the generation before answered."""
    (scratch / "questions.txt").write_text("\n".join(QUESTIONS) + "\n", encoding="utf-8")
    place = fresh(scratch, "expected-corruption")
    clear(place)
    run(partial(build_first, place, ANN if ann else CONFIG), needs=60)
    before = run(ragqa_command(*command("ask", place)), needs=60)
    place = fresh(scratch, "expected-corruption", ann=ann)
    ended = run(ragqa_command(*command(name, place)), needs=60)
    assert ended.code == before.code == 0, ended.err + before.err
    return ended, look(place), before


@cache
def described(index: Path) -> tuple[list[str], frozenset[str]]:
    """All files of an index, and those whose hashes its current manifest holds."""
    paths = [path for path in index.rglob("*") if path.is_file()]
    paths.sort(key=lambda path: (RANDOM_NAME.sub("*", path.name), path.stat().st_mtime_ns, path.stat().st_size))
    files = [path.relative_to(index).as_posix() for path in paths]
    generation = (index / "CURRENT").read_text().split()[0]
    manifest = json.loads((index / "generations" / generation / "manifest.json").read_text())
    own = {f"segments/{segment['id']}/{name}" for segment in manifest["segments"] for name in segment["files"]}
    own |= {f"generations/{generation}/lexical/{name}" for name in manifest["lexical"]}
    own |= {f"generations/{generation}/{name}" for name in ("tombstones.npy", "synonyms.txt")}
    return files, frozenset(own)


def trial(lab: Lab, number: int) -> Result:
    """Damage, run a command, compare."""
    rng = lab.random(number)
    name, ann = rng.choice(COMMANDS), rng.random() < 0.2
    source = prepared(lab.scratch, ann)
    files, hashed = described(source)
    wanted, new, before = expected(lab.scratch, name, ann)
    place = fresh(lab.scratch, "corruption", ann=ann)
    own = [file for file in files if file in hashed or file.endswith(("CURRENT", "calibration.json"))]
    file, how = damage(place, own if rng.random() < 0.8 else files, number, rng)
    changed = (place / file).read_bytes() != (source / file).read_bytes() if (place / file).is_file() else True
    ended = run(ragqa_command(*command(name, place)))
    what = f"{name} after {file} was damaged ({how})"
    if fault := process(ended):
        return result(fault, what, ended)
    if ended.code != 0:
        told = ended.code == 5 and name == "verify"
        return result(Outcome.REFUSED if told else refusal(ended, damaged=True), what, ended)
    if name == "verify":
        missed = changed and file in hashed
        return result(Outcome.SILENT if missed else _unchanged(lab, place, ann), what, ended)
    if name in ("ask", "search"):
        return result(_compare(name, ended, wanted, before), what, ended)
    if name == "repair":
        return _repaired(lab, place, ended, what, ann)
    state = look(place)
    if same(state, new) and not state["problems"]:
        return result(Outcome.NEW, what, ended)
    noticed = "error" in state or bool(state.get("problems"))  # it is damaged still, and whoever opens it is told
    kept = noticed and (name == "update" or file == MAY_GO or _untouched(place, source, file))  # compact copies none
    return result(Outcome.HELD if kept else Outcome.SILENT, what, ended, state)


def _repaired(lab: Lab, place: Path, ended: Ended, what: str, ann: bool) -> Result:
    """A repair makes an index whole: as it was, as it was before, or with less, which it says."""
    state = look(place)
    if "error" in state or state.get("problems"):
        return result(Outcome.TORN, f"{what}, and repaired", ended, state)
    wanted, _, before = expected(lab.scratch, "ask", ann)
    asked = run(ragqa_command(*command("ask", place)))
    found = answers(asked.out)
    if asked.code == 0 and found == answers(wanted.out):
        return result(Outcome.HELD, what, ended)
    if asked.code == 0 and found == answers(before.out):
        return result(Outcome.OLD, what, ended)
    return result(Outcome.REFUSED if LOSS.search(ended.out) else Outcome.SILENT, what, ended)


def _compare(name: str, ended: Ended, wanted: Ended, before: Ended) -> Outcome:
    if name == "search":
        return Outcome.HELD if ended.out == wanted.out else silent([{}], [], ended.err)
    found = answers(ended.out)
    return Outcome.OLD if found == answers(before.out) else silent(found, answers(wanted.out), ended.err)


def _unchanged(lab: Lab, place: Path, ann: bool) -> Outcome:
    """Verify found nothing wrong, in a file that no hash covers: then nothing may answer otherwise."""
    wanted, _, before = expected(lab.scratch, "ask", ann)
    ended = run(ragqa_command(*command("ask", place)))
    return _compare("ask", ended, wanted, before) if ended.code == 0 else Outcome.SILENT


def _untouched(place: Path, source: Path, file: str) -> bool:
    """Whether a command that succeeded changed nothing: no new generation."""
    current = place / "CURRENT"
    return current.is_file() and (file == "CURRENT" or current.read_bytes() == (source / "CURRENT").read_bytes())
