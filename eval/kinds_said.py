"""How often what the rules say of a question does not fit its right answer, on our own questions in many languages.

    python eval/kinds_said.py [--part train] [--show] [LANGUAGE ...]

For each language of the questions that have an answer: of how many the rules say a kind, how many of these kinds have a
form that tells, and how many right answers have not that form, which is to be near none; --show prints these. "excerpt"
counts the questions that are answered by whole sentences.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator

from written_questions import articles, languages

from ragqa.questions import Asked, asked, may_answer, tells_form
from ragqa.wording import wording_of

OURS = {"zh-Hant": "zh"}  # names of files that are no languages of an index


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("languages", nargs="*")
    parser.add_argument("--part", choices=("train", "held-out", "all"), default="held-out")
    parser.add_argument("--show", action="store_true")
    parser.add_argument("--kinds", action="store_true", help="print what is said of each question")
    given = parser.parse_intermixed_args()
    print(f"{'':8} questions   kind excerpt   form  misfit")
    for name in given.languages or languages():
        counts: Counter[str] = Counter()
        for question, answer, own in asked_of(name, given.part):
            misfit = not may_answer(answer, own, wording_of(own.language))
            counts += Counter(
                questions=1,
                kind=bool(own.kinds),
                excerpt=own.wants_excerpt,
                form=tells_form(own),
                misfit=misfit,
            )
            if given.kinds or (given.show and misfit):
                print("  ", question, "|", answer, "|", ", ".join(own.kinds))
        print(f"{name:8} {counts['questions']:9} {counts['kind']:6} {counts['excerpt']:7} {counts['form']:6} "
              f"{counts['misfit']:7}")  # fmt: skip


def asked_of(name: str, part: str) -> Iterator[tuple[str, str, Asked]]:
    """Each question that has an answer, with its answer and what is said of it."""
    for article in articles(name, part):
        for question in (one for paragraph in article["paragraphs"] for one in paragraph["qas"]):
            for answer in question["answers"]:
                yield question["question"], answer["text"], asked(question["question"], OURS.get(name, name))


if __name__ == "__main__":
    main()
