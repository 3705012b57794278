"""The loop of feedback once, end to end: ask a service, judge its answers, export the log, calibrate, ask again.

    python eval/feedback_loop.py CORPUS QUESTIONS [--half]

Indexes CORPUS, serves it with a log of questions, asks each question of QUESTIONS (with known answers) through
`ragqa.Client`, and gives the feedback that a person with these answers would give: "right" for an answer that is
exactly right, else "wrong", and the known answer, or "none". Then the log is exported, the index calibrated with it,
and asked again. Prints what `ragqa calibrate` says, and before and after: how many questions are answered, how many
of the answers are wrong, and the mean square distance of the scores from being right or not (Brier), on the questions
that were fitted on; with ``--half`` feedback is given to every other question and the figures are of the rest.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import ragqa
from ragqa import Question
from ragqa.judging.metrics import exact_match
from ragqa.judging.questions import read_questions

RAGQA = (sys.executable, "-m", "ragqa")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus")
    parser.add_argument("questions")
    parser.add_argument("--half", action="store_true")
    given = parser.parse_args()
    questions = list(read_questions(given.questions))
    judged, measured = (questions[::2], questions[1::2]) if given.half else (questions, questions)
    with tempfile.TemporaryDirectory() as aside:
        index, log, labelled = (str(Path(aside) / name) for name in ("index", "asked.jsonl", "labelled.jsonl"))
        run("index", given.corpus, "-o", index)
        ask_and_judge(index, log, judged)
        print(run("log", "export", log, "-o", labelled, "--unanswered", f"{labelled}.left"))
        before = figures(index, measured)
        print(run("calibrate", "-i", index, "--questions", labelled))
        after = figures(index, measured)
    print(f"\n| {len(measured)} questions | answered | of these wrong | Brier |\n|---|---|---|---|")
    print(f"| before | {before} |\n| after {len(judged)} verdicts | {after} |")


def run(*arguments: str) -> str:
    done = subprocess.run([*RAGQA, *arguments], capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    return (done.stdout + done.stderr).strip()


def ask_and_judge(index: str, log: str, questions: Sequence[Question]) -> None:
    command = [*RAGQA, "serve", "-i", index, "--port", "0", "--question-log", log]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as service:
        assert service.stderr is not None
        with ragqa.Client(service.stderr.readline().split()[-1], timeout=300) as client:
            for question in questions:
                right = False
                for answer in client.ask(question.text, k=1):
                    right = exact_match(answer.text, question.answers) > 0
                    client.feedback(question.text, "right" if right else "wrong", answer)
                if not right:
                    known = question.answers[:1]
                    client.feedback(question.text, "right" if known else "none", next(iter(known), None))
        service.terminate()


def figures(index: str, questions: Sequence[Question]) -> str:
    """Cells of the table: answered, wrong among them, and the Brier score of the best answers, given or not."""
    given = wrong = 0
    distances = []
    with ragqa.Pipeline.load(index) as pipeline:
        for question, reply in zip(questions, pipeline.ask_many([q.text for q in questions], k=1), strict=True):
            best = next(iter((*reply.answers, *reply.candidates)), None)
            right = best is not None and exact_match(best.text, question.answers) > 0
            given += reply.answered
            wrong += reply.answered and not right
            if best is not None:
                distances.append((best.score - right) ** 2)
    return f"{given} | {wrong} | {sum(distances) / max(1, len(distances)):.3f}"


if __name__ == "__main__":
    main()
