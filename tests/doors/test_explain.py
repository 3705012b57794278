"""``ragqa ask --explain`` as a real process: the usual reply, and what it was made of, as text and as JSON."""

from __future__ import annotations

import json
import re

import pytest

QUESTION = "Who discovered penicillin?"
UNKNOWN = "How much is the rent of a flat in the second largest town of the moon?"
SECTIONS = ["Words", "Passages", "Answer", "Score", "Without passage", "Time in ms"]


def sections(text):
    """{title: lines} of what stands after the reply."""
    found, title = {}, None
    for line in text.splitlines():
        if re.fullmatch(r"(Words|Passages|Answer|Score|Time in ms|Without passage \d+)", line):
            title = line.rstrip(" 0123456789")
            found[title] = []
        elif title is not None and line:
            found[title].append(line)
    return found


@pytest.fixture(scope="module")
def explained(ragqa, sample_index):
    def ask(question, *options):
        both = [ragqa("ask", question, "-i", sample_index, "--explain", *options, *form) for form in ((), ("--json",))]
        return both[0].stdout, json.loads(both[1].stdout)

    return ask


@pytest.mark.parametrize("question", [QUESTION, UNKNOWN])
def test_text_and_json_say_the_same(ragqa, sample_index, explained, question):
    text, reply = explained(question)
    plain = ragqa("ask", question, "-i", sample_index)
    assert text.startswith(plain.stdout)
    usual = json.loads(ragqa("ask", question, "-i", sample_index, "--json").stdout)
    why = reply.pop("explanation")
    assert {**reply, "timings": 0} == {**usual, "timings": 0}
    assert len(why["passages"]) == len(reply["hits"])

    shown = sections(text[len(plain.stdout) :])
    assert list(shown) == SECTIONS and all(len(line) <= 100 for lines in shown.values() for line in lines)
    read = [own for own in why["passages"] if own["read"]][:10]
    rows = [line.split() for line in shown["Passages"][1 : 1 + len(read)]]
    for row, own in zip(rows, read, strict=True):
        expected = [
            str(own["rank"]),
            *(
                f"{own[name]:.2f}" if name != "dense" else f"{own[name]:.3f}"
                for name in ("bm25", "dense")
                if own[name] is not None
            ),
        ]
        assert [cell for cell in row[:3] if cell != "-"] == expected
        assert f"{own['prior']:.3f}" in row and f"{own['relevance']:.2f}" in row
    assert shown["Words"][0].split()[1:] == [str(own["rank"]) for own in read]
    for line in shown["Words"][1:-1]:
        word, *cells = line.split()
        if not line.endswith("count less"):
            assert cells == [f"{own['words'][word]:.2f}" if word in own["words"] else "-" for own in read]
    best, score, logits = why["best"], why["score"], why["logits"][0]
    assert (
        best["text"] in shown["Answer"][0] and ("not given" in shown["Answer"][0]) != best["given"] == reply["answered"]
    )
    assert f"null {logits['null']:.2f} = margin {logits['margin']:.2f}" in shown["Answer"][1]
    assert f"{score['logit']:.3f}, a probability of {score['probability']:.3f}" in shown["Score"][-2]
    for name, own in score["features"].items():
        cells = next(line.split()[1:] for line in shown["Score"] if line.split()[0] == name)
        assert [float(cell) for cell in cells] == [round(own[part], 3) for part in ("value", "weight", "product")]
    assert f"from {score['threshold']:.3f} on for a risk of {score['risk']}" in shown["Score"][-1]
    assert why["without"]["text"] in shown["Without passage"][0] and why["without"]["passage"] != best["passage"]
    assert re.search(r"bm25 [\d.]+ .*read [\d.]+ +total [\d.]+", shown["Time in ms"][0])


@pytest.mark.parametrize("fusion", ["convex", "rrf", "bm25", "dense"])
def test_every_fusion(explained, fusion):
    text, reply = explained(QUESTION, "--fusion", fusion)
    shown, why = sections(text), reply["explanation"]
    assert why["fusion"]["name"] == fusion and list(shown) == SECTIONS
    first = why["passages"][0]
    assert (first["bm25"] is None) == (fusion == "dense") and (first["dense"] is None) == (fusion == "bm25")
    assert ("fusion dense" in shown["Words"][0]) == (fusion == "dense") == (not first["words"])


def test_nothing_found(explained):
    text, reply = explained(QUESTION, "--where", "topic=nothing")
    shown, why = sections(text), reply["explanation"]
    assert text.startswith("No answer found.\n") and list(shown) == ["Words", "Passages", "Time in ms"]
    assert shown["Passages"] == ["  none was found"]
    assert why["passages"] == [] and why["best"] is why["score"] is why["without"] is None


def test_a_list_of_questions(ragqa, sample_index, tmp_path):
    done = ragqa("ask", "--file", "-", "--jsonl", "--explain", "-i", sample_index, stdin=f"{QUESTION}\n{UNKNOWN}\n")
    replies = [json.loads(line) for line in done.stdout.splitlines()]
    assert [reply["question"] for reply in replies] == [QUESTION, UNKNOWN]
    assert all(reply["explanation"]["passages"] for reply in replies)


def test_a_stored_answer(ragqa, tmp_path):
    faq = tmp_path / "faq.csv"
    faq.write_text(
        'question,answer\nHow do I open the window?,"Turn the handle, then pull."\nWhy so cold?,It is winter.\n'
    )
    ragqa("index", faq, "-o", tmp_path / "index")
    shown = sections(ragqa("ask", "How do I open a window?", "--explain", "-i", tmp_path / "index").stdout)
    assert (
        "Turn the handle" in shown["Answer"][0]
        and shown["Answer"][1] == "  stored answer to: How do I open the window?"
    )
    assert len(shown["Answer"]) == 2
