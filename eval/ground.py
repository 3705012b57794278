"""How many right and how many altered sentences `ragqa ground` supports, and the fit of its model.

    python eval/ground.py train-v1.1.json.gz [--articles 40] [--skip 0] [--sentences 300] [--index DIR] [--fit] [--show]

The articles of the file that are taken are indexed whole. From their questions with known answers and from their
sentences statements are made by rules, as somebody might write them: half of them right (a question and its answer as a
statement; a sentence in a shorter or another form), half altered (another name or number of the same article in the
place of one, or a negation more or less). Measured is on articles whose titles are not in the half that is fitted on
(`eval/parts.py`), against all passages of both halves.

Prints how many of each are supported, contradicted and neither, with 95 % intervals (Clopper-Pearson), by kind of
alteration, and how often the best place overlaps the sentence that a statement was made from. ``--fit`` fits the model
to the first half and prints it. ``--show`` prints what was judged wrongly.
"""

from __future__ import annotations

import argparse
import math
import random
import re
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from parts import articles_of, in_first_half

import ragqa
from ragqa import Document
from ragqa.grounded import Grounded
from ragqa.grounding import FEATURES, Grounder, ground
from ragqa.pipeline import Pipeline
from ragqa.sentences import sentences

AUXILIARIES = "is was are were has had have can could will would did does do may might should must".split()
MONTHS = "January February March April May June July August September October November December".split()
SMALL = "zero one two three four five six seven eight nine ten eleven twelve".split()
PREPOSITIONS = {"in", "on", "at", "during", "by", "since", "from", "of", "near", "to", "with", "until", "after"}
NAME = r"(?:[A-Z][\w'’.-]*)(?:(?: of| the| de| von)? [A-Z][\w'’-]*)*"
NUMBER = re.compile(r"(?<![\w.,-])\d{1,3}(?:,\d{3})+(?![\w,])|(?<![\w.,-])\d+(?:\.\d+)?(?![\w]|[.,]\d)")


@dataclass(frozen=True, slots=True)
class Made:
    """A statement: the document and the characters that it was made from, how, and how it was altered ("" if right)."""

    text: str
    doc_id: str
    start: int
    end: int
    origin: str
    altered: str


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("questions")
    parser.add_argument("--articles", type=int, default=40)
    parser.add_argument(
        "--skip", type=int, default=0, help="leave out so many articles first, for others than were fitted on"
    )
    parser.add_argument("--sentences", type=int, default=300)
    parser.add_argument("--index", type=Path)
    parser.add_argument("--fit", action="store_true")
    parser.add_argument("--show", action="store_true")
    given = parser.parse_args()
    articles = articles_of(given.questions)
    random.Random(1).shuffle(articles)
    taken = articles[given.skip :][: given.articles]
    with tempfile.TemporaryDirectory() as aside:
        place = given.index or Path(aside) / "index"
        with ragqa.Index(place, language="en") as index:
            index.upsert(documents(taken))
        with Pipeline.load(place, reads=False) as pipeline:
            if given.fit:
                fit(pipeline, list(made([one for one in taken if in_first_half(one["title"])], 4 * given.sentences)))
            own = list(made([one for one in taken if not in_first_half(one["title"])], given.sentences))
            measure(pipeline, own, show=given.show)


def documents(articles: Sequence[Any]) -> Iterator[Document]:
    for article in articles:
        for number, paragraph in enumerate(article["paragraphs"]):
            title = article["title"].replace("_", " ")
            yield Document(f"{article['title']}#{number}", paragraph["context"], title)


def made(articles: Sequence[Any], count: int, seed: int = 2) -> list[Made]:
    """Statements, half of them right, of equal parts by origin and by alteration as far as there are enough."""
    chance = random.Random(seed)
    pools: dict[tuple[str, str], list[Made]] = defaultdict(list)
    for article in articles:
        names, numbers = _others(article)
        for one in _statements(article, chance):
            for altered in ("", *ALTERATIONS):
                text = _altered(one.text, altered, names, numbers, chance)
                if not altered or (text is not None and text != one.text):
                    own = Made(text or one.text, one.doc_id, one.start, one.end, one.origin, altered)
                    pools[one.origin, altered].append(own)
    found: list[Made] = []
    for origin in ("question", "sentence"):
        for altered, share in (("", 2), *((kind, 2 * len(ALTERATIONS)) for kind in ALTERATIONS)):
            pool = pools[origin, altered]
            found += chance.sample(pool, min(len(pool), count // 2 // share))
    chance.shuffle(found)
    return found


def _others(article: Any) -> tuple[list[str], list[str]]:
    text = " ".join(paragraph["context"] for paragraph in article["paragraphs"])
    names = {name for name in re.findall(rf"(?<=[a-z,] ){NAME}", text) if name not in MONTHS and len(name) > 3}
    return sorted(names), sorted(set(NUMBER.findall(text)))


def _statements(article: Any, chance: random.Random) -> Iterator[Made]:
    for number, paragraph in enumerate(article["paragraphs"]):
        doc_id, text = f"{article['title']}#{number}", paragraph["context"]
        spans = list(_sentences(text))
        for qa in paragraph["qas"]:
            answer = qa["answers"][0]
            at = answer["answer_start"]
            span = next((span for span in spans if span[0] <= at < span[1]), None)
            said = stated(qa["question"], answer["text"], text[:at])
            if said is not None and span is not None and qa.get("n_occurrences", 1) == 1:
                yield Made(said, doc_id, *span, "question", "")
        for start, end in spans:
            said = reworded(text[start:end], article["title"].replace("_", " "), chance)
            if said is not None:
                yield Made(said, doc_id, start, end, "sentence", "")


def _sentences(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for end in sentences(text, 0, len(text)):
        yield start, end
        start = end


def stated(question: str, answer: str, before: str) -> str | None:
    """A question and its answer as a statement; None where the rules do not know how."""
    asked = " ".join(question.strip().rstrip("? ").split())
    answer = answer.strip().rstrip(".")
    if not asked or len(answer.split()) > 8:
        return None
    word = before.split()[-1].lower() if before.split() else ""
    preposition = word if word in PREPOSITIONS else "in"
    if found := re.fullmatch(r"(?:Who|Which [a-z]+|What [a-z]+) ([a-z]+) (.+)", asked):
        if found[1] in ("did", "does", "do") or (asked.startswith("What") and found[1] in AUXILIARIES):
            return None
        return f"{answer[:1].upper()}{answer[1:]} {found[1]} {found[2]}."
    if found := re.fullmatch(r"What (is|was|are|were) (the .+)", asked):
        ends = found[2].split()[-1]
        if len(found[2].split()) <= 9 and ends not in PREPOSITIONS and not ends.endswith("ed"):
            return f"The{found[2][3:]} {found[1]} {answer}."
    subject = rf"((?:the )?{NAME}(?:'s [a-z]+)?)"
    if found := re.fullmatch(rf"(?:When|Where|In (?:what|which) \w+) (did|was|were|is|are) {subject} (.+)", asked):
        start = found[2][:1].upper() + found[2][1:]
        return f"{start} {found[1]} {found[3]} {preposition} {answer}."
    found = re.fullmatch(r"How many ([a-z]+) (are|were|was|is|have|has|had|can) (.+)", asked)
    if found and answer.replace(",", "").isdigit():
        return f"{answer} {found[1]} {found[2]} {found[3]}."
    return None


def reworded(sentence: str, title: str, chance: random.Random) -> str | None:
    """A sentence in a shorter or another form; None for one that is too short or says nothing that can be altered."""
    text = re.sub(r"\s*[(\[][^()\[\]]*[)\]]", "", sentence.strip())
    words = text.split()
    if not 8 <= len(words) <= 45 or not (NUMBER.search(text) or re.search(rf"(?<=[a-z,] ){NAME}", text)):
        return None
    rules = [_shorter, _dated, _numbered, _contracted, lambda own: _resolved(own, title), _joined_otherwise]
    for rule in chance.sample(rules, 3):
        text = rule(text)
    return text if text[-1:] in ".!?" else f"{text}."


def _shorter(text: str) -> str:
    """Without what follows a comma and a joining word, if enough is left."""
    cut = re.split(r"(?:,|;) (?:which|who|and|but|while|although|where|including)\b", text)[0]
    return cut if len(cut.split()) >= 8 else text


def _dated(text: str) -> str:
    months = "|".join(MONTHS)
    text, done = re.subn(rf"(\d{{1,2}}) ({months}) (\d{{4}})", r"\2 \1, \3", text)
    return text if done else re.sub(rf"({months}) (\d{{1,2}}), (\d{{4}})", r"\2 \1 \3", text)


def _numbered(text: str) -> str:
    return re.sub(
        r"\b(" + "|".join(SMALL[2:]) + r")\b(?! of| and)", lambda found: str(SMALL.index(found[0].lower())), text
    )


def _contracted(text: str) -> str:
    return re.sub(r"\b(did|was|is|were|are|has|had|could|would) not\b", r"\1n't", text)


def _resolved(text: str, title: str) -> str:
    """With the article's title for the pronoun that the sentence begins with."""
    return re.sub(r"^(?:He|She|It) ", f"{title} ", text)


def _joined_otherwise(text: str) -> str:
    """A beginning such as "In 1990, …" moved to the end."""
    found = re.fullmatch(r"((?:In|On|During|At) [^,]{3,30}), ([A-Z][^,;]{20,200})\.", text)
    return f"{found[2]} {found[1][0].lower()}{found[1][1:]}." if found else text


ALTERATIONS = ("name", "number", "negation")


def _altered(text: str, kind: str, names: Sequence[str], numbers: Sequence[str], chance: random.Random) -> str | None:
    if kind == "name":
        every = re.finditer(rf"(?<=[\w,] ){NAME}|^(?:The )?{NAME}(?= [a-z])", text)
        found = [each for each in every if each[0] not in MONTHS and len(each[0]) > 3]
        others = [name for name in names if not set(name.lower().split()) & set(text.lower().split())]
        if not found or not others:
            return None
        place = chance.choice(found)
        return text[: place.start()] + chance.choice(others) + text[place.end() :]
    if kind == "number":
        found = list(NUMBER.finditer(text))
        others = [number for number in numbers if number not in text]
        if not found:
            return None
        place = chance.choice(found)
        other = _other_number(place[0], others, chance)
        return text[: place.start()] + other + text[place.end() :]
    if kind == "negation":
        if re.search(r"\bnot |n't\b", text):
            return re.sub(r"\bnot |n't\b", "", text, count=1)
        found_one = re.search(r"(?<=\w )(is|was|are|were|has|had|can|could|will|would|did)(?= [a-z])", text)
        return None if found_one is None else f"{text[: found_one.end()]} not{text[found_one.end() :]}"
    return None


def _other_number(number: str, others: Sequence[str], chance: random.Random) -> str:
    """Another one of the article as long, or one that is a little away."""
    alike = [other for other in others if len(other) == len(number)]
    if alike and chance.random() < 0.5:
        return chance.choice(alike)
    plain = number.replace(",", "")
    if not plain.isdigit():
        return f"{float(plain) + chance.choice((0.5, 1.0, 2.0)):g}"
    moved = max(1, int(plain) + chance.choice((-10, -3, -1, 1, 2, 7)))
    moved += moved == int(plain)
    return f"{moved:,}" if "," in number else str(moved)


def fit(pipeline: Pipeline, own: Sequence[Made]) -> None:
    """Fit the model to statements and the places that they were compared with, and print it."""
    import ragqa.grounding as module

    rows, labels = [], []
    grounder = Grounder(pipeline.answering)
    for one in own:
        claims = grounder.claims(one.text)
        hits = pipeline.retriever.retrieve([claim.query for claim in claims], module.PASSAGES)
        compared = [grounder.compare(claim, found) for claim, found in zip(claims, hits, strict=True)]
        for claim, places in zip(claims, compared, strict=True):
            near = grounder.cosines(one.text[claim.start : claim.end], places)
            for place, cosine in zip(places, near, strict=True):
                gold = _overlaps(one, place.place.hit.passage, place.place.start, place.place.end)
                if not gold and not one.altered and place.agreement.whole and place.coverage_all > 0.8:
                    continue  # another place that may well say it
                rows.append(place.features(cosine))
                labels.append(gold and place.agreement.whole != bool(one.altered))
    features, right = np.array(rows), np.array(labels, float)
    bias, weights = logistic(features, right)
    print(f"fitted to {len(right):,} places of {len(own):,} statements, {int(right.sum()):,} right")
    print(f"BIAS, WEIGHTS = {bias:.3f}, ({', '.join(f'{weight:.3f}' for weight in weights)})  # {FEATURES}")
    module.BIAS, module.WEIGHTS = bias, tuple(weights)


def logistic(features: np.ndarray, right: np.ndarray, ridge: float = 1.0) -> tuple[float, list[float]]:
    """Logistic regression by Newton steps, with a little ridge on the weights."""
    rows = np.column_stack([np.ones(len(features)), features])
    weights, penalty = np.zeros(rows.shape[1]), np.diag([0.0, *[ridge] * features.shape[1]])
    for _ in range(50):
        shares = 1.0 / (1.0 + np.exp(-np.clip(rows @ weights, -50, 50)))
        slope = rows.T @ (right - shares) - penalty @ weights
        weights = weights + np.linalg.solve((rows.T * (shares * (1 - shares))) @ rows + penalty, slope)
    return float(weights[0]), [float(weight) for weight in weights[1:]]


def measure(pipeline: Pipeline, own: Sequence[Made], *, show: bool) -> None:
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    placed = 0
    for one in own:
        (judged, *more) = ground(pipeline.answering, one.text).sentences or (
            Grounded(one.text, 0, 0, "unsupported", 0),
        )
        verdict = judged.verdict if not more else "unsupported"
        groups = [f"altered: {one.altered}", "altered"] if one.altered else [f"right: from a {one.origin}", "right"]
        for group in groups:
            counts[group][verdict] += 1
        if not one.altered and verdict == "supported":
            best = judged.grounds[0]
            placed += _overlaps(one, best.hit.passage, best.start, best.end)
        if show and (verdict == "supported") == bool(one.altered):
            print(f"{verdict} ({judged.probability:.2f}), {groups[0]}: {one.text}")
            for place in judged.grounds[:1]:
                print(f"    {place.text}  {place.differences}")
    print("| statements | | supported | contradicted | neither |\n|---|---|---|---|---|")
    for group in sorted(counts, key=lambda name: (not name.startswith("right"), name)):
        total = sum(counts[group].values())
        cells = (interval(counts[group][verdict], total) for verdict in ("supported", "contradicted", "unsupported"))
        print(f"| {group} | {total} | {' | '.join(cells)} |")
    print(f"\nof the right ones that are supported, the best place is the one they were made from: {placed}")


def _overlaps(one: Made, passage: Any, start: int, end: int) -> bool:
    first, last = passage.start + start, passage.start + end
    return passage.doc_id == one.doc_id and first < one.end and one.start < last


def interval(count: int, total: int) -> str:
    """A share with its 95 % interval (Clopper-Pearson), found by halving."""

    def bound(is_low: bool) -> float:
        low, high = 0.0, 1.0
        for _ in range(50):
            middle = (low + high) / 2
            tail = sum_tail(count, total, middle, upper=is_low)
            if (tail < 0.025) == is_low:
                low = middle
            else:
                high = middle
        return low

    low = 0.0 if count == 0 else bound(True)
    high = 1.0 if count == total else bound(False)
    return f"{100 * count / total:.1f} % ({100 * low:.0f}–{100 * high:.0f})"


def sum_tail(count: int, total: int, share: float, *, upper: bool) -> float:
    """The probability of at least (or at most) so many, for a share between 0 and 1."""
    numbers = range(count, total + 1) if upper else range(count + 1)
    ways = math.lgamma(total + 1)
    return sum(
        math.exp(
            ways
            - math.lgamma(own + 1)
            - math.lgamma(total - own + 1)
            + own * math.log(share)
            + (total - own) * math.log1p(-share)
        )
        for own in numbers
    )


if __name__ == "__main__":
    main()
