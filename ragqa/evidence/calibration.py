"""How much each piece of evidence counts, and what a score is worth: fitted numbers, kept as ``calibration.json``.

A reader's folder holds the fit it ships with; an index may hold one of its own (`ragqa calibrate`). The file is plain
JSON that says which reader and encoder it was fitted for, on what, and with how many questions.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from itertools import pairwise
from pathlib import Path
from typing import ClassVar

from ragqa.convert import convert, plain, read_json
from ragqa.errors import ModelError, StorageError
from ragqa.store.atomic import refusal, replace_file, storing
from ragqa.store.layout import CALIBRATION
from ragqa.store.outside import unfit
from ragqa.store.record import require, seal, unseal

FORMAT = 1
LARGEST = 4 << 20  # bytes of a file
MOST_QUESTIONS, MOST_STEPS = 10_000_000, 500  # a step is a tenth more questions than the one before
FEATURES = ("odds", "margin", "agreement", "relevance", "dense", "prior", "nearby")
FEATURES_BEFORE = 6  # the first so many are those of older files
EXCERPT_FEATURES = ("odds", "margin", "relevance", "dense", "prior", "held", "nearby")
STATES = ("odds", "lead", "own lead", "left", "next", "voice", "read")
CONFIDENCE = 0.9
START = 8.0  # a threshold is first tested where it lets so many answers / risk through,
SHARE = 0.1  # and this share of all questions


@dataclass(frozen=True, slots=True)
class Weights:
    """Log-linear weights of a passage's and a span's evidence; see `ragqa.evidence.masses`.

    ``bm25``, ``dense`` and ``rerank`` multiply a passage's retrieval scores, ``relevance`` the log-odds that it holds
    an answer (at most ``cap``), ``span`` the log-probability of a span given that it does; ``null`` is the log-mass of
    "no answer". A span that has not the form of what is asked for loses ``misfit`` of its log-mass, one that only
    echoes the question, or announces what answers, ``echo``, the value of another key than the question names
    ``other_key``; a passage without the names of the question loses up to ``stray``. The defaults are those of the
    packaged models (`eval/shipped_calibration.py`): a reader that has no fit of its own is weighed with them.
    """

    bm25: float = 0.36
    dense: float = 21.6
    rerank: float = 0.5
    relevance: float = 1.2
    span: float = 1.15
    null: float = 0.0
    cap: float = 10.0
    misfit: float = 3.0
    echo: float = 2.0
    stray: float = 3.0
    other_key: float = 5.0

    def __post_init__(self) -> None:
        """Evidence may not count against itself, or reading could not stop."""
        if not all(math.isfinite(getattr(self, item.name)) for item in fields(self)):
            raise ValueError("weights must be finite")
        form = self.misfit, self.echo, self.stray, self.other_key
        if min(self.bm25, self.dense, self.rerank, self.relevance, self.span, *form) < 0 or not 0 <= self.cap <= 50:
            raise ValueError("weights must not be negative, and the cap from 0 to 50")


# what a file means that says nothing of the form of answers
NO_FORM = Weights(misfit=0.0, echo=0.0, stray=0.0, other_key=0.0)


@dataclass(frozen=True, slots=True)
class _Logistic:
    """1 / (1 + e^−(bias + Σ weight · feature)), with a weight for each of ``NAMES``."""

    NAMES: ClassVar[tuple[str, ...]] = ()

    bias: float
    weights: tuple[float, ...]

    def __post_init__(self) -> None:
        """One weight a feature."""
        if len(self.weights) != len(self.NAMES) or not all(map(math.isfinite, (self.bias, *self.weights))):
            raise ValueError(f"{type(self).__name__} needs {len(self.NAMES)} finite weights")

    def probability(self, features: Sequence[float]) -> float:
        """In [0, 1]."""
        logit = self.bias + sum(weight * value for weight, value in zip(self.weights, features, strict=True))
        return 1.0 / (1.0 + math.exp(-min(50.0, max(-50.0, logit))))


@dataclass(frozen=True, slots=True)
class ScoreModel(_Logistic):
    """The probability that an answer is right, from its `FEATURES`."""

    NAMES: ClassVar = FEATURES

    bias: float = 0.0
    weights: tuple[float, ...] = (1.0, *[0.0] * (len(FEATURES) - 1))


@dataclass(frozen=True, slots=True)
class ExcerptModel(_Logistic):
    """The probability that an excerpt holds the answer, from its `EXCERPT_FEATURES`."""

    NAMES: ClassVar = EXCERPT_FEATURES

    bias: float = 0.0
    weights: tuple[float, ...] = (1.0, *[0.0] * (len(EXCERPT_FEATURES) - 1))


@dataclass(frozen=True, slots=True)
class StopModel(_Logistic):
    """The probability that reading all passages would give another best answer than those read so far: logistic in
    `STATES` (see `ragqa.evidence.stopping`), and so scaled that of questions whose reading ends at `ReadConfig.change`
    that share gets another answer.
    """

    NAMES: ClassVar = STATES


@dataclass(frozen=True, slots=True)
class Step:
    """One place on the risk-coverage curve of the held-out questions: of the ``given`` with at least this ``score``,
    so many were ``wrong``.
    """

    score: float
    given: int
    wrong: int

    def __post_init__(self) -> None:
        """Numbers that can be."""
        if not math.isfinite(self.score) or not 0 <= self.wrong <= self.given <= MOST_QUESTIONS:
            raise ValueError(f"no place on a curve: score {self.score}, {self.wrong} of {self.given} wrong")


@dataclass(frozen=True, slots=True)
class ExcerptFit:
    """The probability of excerpts, and the curve of the best excerpts of held-out questions, from which thresholds are
    read.
    """

    score: ExcerptModel
    curve: tuple[Step, ...] = ()

    def __post_init__(self) -> None:
        """A curve that goes down the scores."""
        check_curve(self.curve)


@dataclass(frozen=True, slots=True)
class Calibration:
    """Weights, score model, the curve thresholds are read from, when reading may stop (``stop``), and what excerpts are
    worth (``excerpts``); the last two are None in files of older versions. ``data`` says what they were fitted on.
    """

    weights: Weights = field(default_factory=Weights)
    score: ScoreModel = field(default_factory=ScoreModel)
    curve: tuple[Step, ...] = ()
    questions: int = 0
    reader: str = ""
    encoder: str = ""
    data: Mapping[str, str] = field(default_factory=dict)
    stop: StopModel | None = None
    excerpts: ExcerptFit | None = None

    def __post_init__(self) -> None:
        """A curve that goes down the scores."""
        if not 0 <= self.questions <= MOST_QUESTIONS:
            raise ValueError(f"{self.questions:,} questions are too many or too few")
        check_curve(self.curve)

    def threshold(self, risk: float, confidence: float = CONFIDENCE) -> float | None:
        """`threshold` on the curve of the short answers."""
        return threshold(self.curve, risk, confidence)


def check_curve(curve: Sequence[Step]) -> None:
    """`ValueError` where the scores do not go down, with ever more answers given."""
    if len(curve) > MOST_STEPS:
        raise ValueError(f"a curve of {len(curve):,} steps is too long")
    if any(b.given <= a.given or b.score > a.score or b.wrong < a.wrong for a, b in pairwise(curve)):
        raise ValueError("the curve must go down the scores, with ever more answers given")


def threshold(curve: Sequence[Step], risk: float, confidence: float = CONFIDENCE) -> float | None:
    """The lowest score at which answers may be given so that at most ``risk`` of them are wrong; None if there is none
    that the data can promise.

    Fixed-sequence testing (Learn then Test, Angelopoulos et al. 2021): from the best tenth of the questions (or the
    best `START` / risk, if these are more) down, as long as so few wrong answers would be surprising (probability at
    most 1 − ``confidence``) were the true risk larger. Where it begins depends on how many questions there are, and not
    on which were right. The promise is that on questions like those of the fit, the threshold keeps the risk in
    ``confidence`` of all fits.
    """
    allowed, found = 1.0 - confidence, None
    for step in curve:
        if step.given < max(START / risk, SHARE * curve[-1].given):
            continue  # of so few, even half the risk could look like too much
        if binomial_tail(step.wrong, step.given, risk) > allowed:
            break
        found = step.score
    return found


def fewest_for(risk: float) -> int:
    """The fewest questions whose answers can promise a risk, however many of them are right."""
    return math.ceil(START / risk)


def binomial_tail(wrong: int, given: int, risk: float) -> float:
    """P(at most ``wrong`` of ``given`` are wrong), each with probability ``risk``."""
    if risk <= 0.0 or risk >= 1.0:
        return 1.0 if risk <= 0.0 or wrong >= given else 0.0
    log_risk, log_rest = math.log(risk), math.log1p(-risk)
    whole = math.lgamma(given + 1)

    def share(k: int) -> float:
        log = whole - math.lgamma(k + 1) - math.lgamma(given - k + 1) + k * log_risk + (given - k) * log_rest
        return math.exp(log)

    peak = min(wrong, int(given * risk))  # from the largest share both ways, until shares no longer count
    least, shares = 1e-20 * share(peak), [share(peak)]
    for way in (range(peak - 1, -1, -1), range(peak + 1, wrong + 1)):
        for k in way:
            shares.append(share(k))
            if shares[-1] <= least:
                break
    return min(1.0, math.fsum(shares))


def save_calibration(folder: Path, calibration: Calibration) -> Path:
    """Write ``calibration.json`` into a folder, whole or not at all, with a checksum of its own."""
    path = folder / CALIBRATION
    with storing(path):
        replace_file(path, seal({"format": FORMAT, **plain(calibration)}).encode())
    return path


def _complete_weights(weights: Mapping[str, object]) -> dict[str, object]:
    """Older files have not all of them. One that weighs the form of answers and says nothing of keys means the default,
    which no fit chose.
    """
    keys = Weights().other_key if weights.get("misfit") else 0.0
    return {**plain(NO_FORM), "other_key": keys, **weights}


def _complete_score(score: object) -> None:
    """Give a score model of an older file weights of 0 for features that came later."""
    weights = score.get("weights") if isinstance(score, dict) else None
    if isinstance(weights, list) and FEATURES_BEFORE <= len(weights) < len(FEATURES):
        weights += [0.0] * (len(FEATURES) - len(weights))


def load_calibration(path: Path) -> Calibration:
    """Read and check a file; one that is damaged or of another format is a `ModelError`."""
    return _load(path)[0]


def has_checksum(path: Path) -> bool:
    """Whether the file can tell that it has changed since it was written; those of older versions cannot."""
    return _load(path)[1]


def _load(path: Path) -> tuple[Calibration, bool]:
    if not path.exists():
        raise ModelError(f"{path}: no calibration there; ragqa calibrate writes one")
    if problem := unfit(path, LARGEST):
        raise ModelError(f"{path}: not a usable calibration: it {problem}")
    try:
        text = path.read_bytes()
    except OSError as error:
        raise StorageError(f"{path}: cannot be read, {refusal(error)}") from error
    try:
        raw = read_json(text)
        form = raw.get("format")
        if type(form) is int and form != FORMAT:
            raise ModelError(f"{path}: calibration format {form}, this ragqa reads {FORMAT}: ragqa calibrate again")
        content, sealed = unseal(raw)
        require(content.pop("format", None) == FORMAT, "no format")
        if isinstance(content.get("weights"), dict):
            content["weights"] = _complete_weights(content["weights"])
        _complete_score(content.get("score"))
        return convert(Calibration, content, complete=True), sealed
    except ValueError as error:
        raise ModelError(
            f"{path}: not a usable calibration ({error}): ragqa calibrate again, or remove the file"
        ) from error
