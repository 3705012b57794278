from __future__ import annotations

import json
from pathlib import Path

import pytest

QUESTIONS = Path(__file__).parents[2] / "eval" / "questions" / "sample.jsonl"


@pytest.fixture(scope="module")
def questions():
    return [json.loads(line) for line in QUESTIONS.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def replies(ragqa, sample_index, questions, tmp_path_factory):
    path = tmp_path_factory.mktemp("questions") / "questions.txt"
    path.write_text("\n".join(question["question"] for question in questions), encoding="utf-8")
    lines = ragqa("ask", "--file", path, "--jsonl", "-i", sample_index).stdout.splitlines()
    return [json.loads(line) for line in lines]


def test_one_reply_a_question_in_order(replies, questions):
    assert [reply["question"] for reply in replies] == [question["question"] for question in questions]


def test_most_sample_questions_are_answered_rightly(replies, questions):
    from ragqa.judging.metrics import f1

    scores = [
        f1(reply["answers"][0]["text"] if reply["answers"] else "", question["answers"])
        for reply, question in zip(replies, questions, strict=True)
        if question["answers"]
    ]
    assert sum(scores) / len(scores) > 0.6


def test_json_has_the_promised_shape(replies):
    for reply in replies:
        assert set(reply) == {
            *("question", "searched", "answered", "answers", "candidates", "nearest", "parts", "hits"),
            *("no_answer", "read", "stopped", "generation", "timings"),
        }
        assert reply["answered"] == bool(reply["answers"])
        assert [hit["rank"] for hit in reply["hits"]] == list(range(1, len(reply["hits"]) + 1))
        for answer in reply["answers"]:
            facts = {"kind", "verdict", "items", "text", "score", "span", "document_span", "passage", "support"}
            assert facts <= set(answer)
            assert 0.0 <= answer["score"] <= 1.0
            passage, span = answer["passage"], answer["span"]
            assert {"id", "doc_id", "title", "source", "text", "start", "end"} <= set(passage)
            assert passage["text"][span["start"] : span["end"]] == answer["text"]
            assert answer["document_span"]["start"] == passage["start"] + span["start"]
        scores = [answer["score"] for answer in reply["answers"]]
        assert scores == sorted(scores, reverse=True)


def test_mistyped_words_are_corrected_and_said_to_be(ragqa, sample_index):
    asked = ("ask", "Who discoverd penicilin?", "-i", sample_index)
    assert ragqa(*asked).stdout.startswith("Searched for: Who discovered penicillin? (--as-typed")
    reply = json.loads(ragqa(*asked, "--json").stdout)
    assert (reply["question"], reply["searched"]) == (asked[1], "Who discovered penicillin?")
    assert reply["answers"][0]["text"] == "Alexander Fleming"
    typed = json.loads(ragqa(*asked, "--as-typed", "--json").stdout)
    assert typed["searched"] == "" and "Searched" not in ragqa(*asked, "--as-typed").stdout


def test_reasons_are_given_in_sentences(ragqa, sample_index):
    asked = ("ask", "Why did Fleming discover penicillin in a culture dish?", "-i", sample_index)
    (best, *_) = json.loads(ragqa(*asked, "--json").stdout)["answers"]
    assert best["kind"] == "excerpt" and "culture dish" in best["text"] and best["text"].endswith(".")
    assert best["text"] == best["passage"]["text"][best["span"]["start"] : best["span"]["end"]]
    short = json.loads(ragqa(*asked, "--form", "span", "--json").stdout)
    assert {answer["kind"] for answer in [*short["answers"], *short["candidates"]]} == {"span"}
    assert short["nearest"] is None
    printed = ragqa(*asked).stdout
    assert printed.startswith(f"1. {best['text'].splitlines()[0]}") and f"{best['score']:.2f}" in printed


def test_without_an_answer_what_most_likely_holds_one_is_shown(ragqa, sample_index):
    asked = ("ask", "Who discovered penicillin?", "-i", sample_index, "--min-score", "0.99")
    reply = json.loads(ragqa(*asked, "--json").stdout)
    assert not reply["answers"] and "Fleming" in reply["nearest"]["text"] and 0.0 < reply["nearest"]["score"] < 0.99
    assert "What most likely holds an answer:\n   Alexander Fleming" in ragqa(*asked).stdout


def test_however_unlikely_the_likeliest_passage_is_shown_with_its_probability(ragqa, sample_index):
    asked = ("ask", "Whither xylophones?", "-i", sample_index, "--min-score", "0.99")
    nearest = json.loads(ragqa(*asked, "--json").stdout)["nearest"]
    assert nearest["score"] < 0.05
    shown = ragqa(*asked).stdout
    assert f"What most likely holds an answer:\n   {nearest['text'].splitlines()[0]}" in shown
    assert f"\n   {nearest['score']:.2f}  " in shown


def test_quoted_lines_are_the_files(replies):
    """Where a source has lines, the answer stands on the line that is named."""
    checked = 0
    for reply in replies:
        for answer in reply["answers"]:
            path = Path(answer["passage"]["source"])
            if answer["line"] and path.suffix == ".md":
                line = path.read_text(encoding="utf-8").split("\n")[answer["line"] - 1]
                assert answer["text"].split("\n")[0].strip() in line
                checked += 1
    assert checked > 10


def test_batch_and_single_replies_are_the_same(ragqa, sample_index, replies):
    for reply in replies[:2]:
        single = json.loads(ragqa("ask", reply["question"], "--json", "-i", sample_index).stdout)
        for either in (single, reply):
            either.pop("timings", None)
        assert single == reply


def test_terminal_output_has_answer_score_quotation_and_place(ragqa, sample_index, replies):
    reply = replies[0]
    best = reply["answers"][0]
    done = ragqa("ask", reply["question"], "-i", sample_index, "-k", "1")
    first, quotation, place = done.stdout.splitlines()[:3]
    assert first == f"1. {best['text']}  {best['score']:.2f}"
    assert f"»{best['text']}«" in quotation
    assert best["passage"]["source"] in place
    assert "passages read in" in done.stderr


def test_more_answers_and_passages_than_there_are(ragqa, sample_index):
    reply = json.loads(
        ragqa("ask", "Who built it?", "-k", "500", "--read", "100000", "--json", "-i", sample_index).stdout
    )
    assert 0 < len(reply["hits"]) < 1000


def test_question_of_ten_thousand_words(ragqa, sample_index):
    question = "where does the river rise " * 2000
    assert json.loads(ragqa("ask", "--file", "-", "--json", "-i", sample_index, stdin=question).stdout)["hits"]


def test_where_keeps_to_the_metadata(ragqa, sample_index):
    everything = json.loads(ragqa("search", "what is it", "-k", "200", "--json", "-i", sample_index).stdout)
    metas = [hit["passage"]["meta"] for hit in everything]
    key, value = next((key, value) for meta in metas for key, value in meta.items())
    found = json.loads(
        ragqa("search", "what is it", "-k", "200", "--json", "-i", sample_index, "--where", f"{key}={value}").stdout
    )
    assert found and all(str(hit["passage"]["meta"][key]) == str(value) for hit in found)
    assert len(found) < len(everything)


def test_where_says_more_than_equal(ragqa, sample_index):
    def found(*conditions):
        where = [word for condition in conditions for word in ("--where", condition)]
        return len(json.loads(ragqa("search", "what is it", "-k", "500", "--json", "-i", sample_index, *where).stdout))

    total = found()
    some = found("topic=computing")
    assert 0 < some < total and found("topic!=computing") == total - some
    assert found("topic in computing,nothing") == some and found("topic exists", "topic!=computing") <= total - some
    said = ragqa("search", "what is it", "-i", sample_index, "--where", "topik=computing", code=2).stderr
    assert said.startswith("ragqa: no document has the metadata key 'topik'; known keys: ") and said.count("\n") == 1


@pytest.mark.parametrize("fusion", ["convex", "rrf", "bm25", "dense"])
def test_every_fusion_answers(ragqa, sample_index, replies, fusion):
    reply = json.loads(ragqa("ask", replies[0]["question"], "--fusion", fusion, "--json", "-i", sample_index).stdout)
    sources = set().union(*(hit["sources"] for hit in reply["hits"]))
    assert sources == {"bm25": {"bm25"}, "dense": {"dense"}}.get(fusion, {"bm25", "dense"})


def test_the_only_index_is_the_default_and_several_are_listed(ragqa, sample_index, tmp_path):
    import shutil

    assert "no index under indexes/" in ragqa("info", cwd=tmp_path, code=4).stderr
    shutil.copytree(sample_index, tmp_path / "indexes" / "one")
    assert "passages" in ragqa("info", cwd=tmp_path).stdout
    shutil.copytree(sample_index, tmp_path / "indexes" / "two")
    error = ragqa("info", cwd=tmp_path, code=4).stderr
    assert "indexes/one" in error and "indexes/two" in error


def test_python_api_gives_the_same_reply(sample_index, replies):
    import ragqa

    reply = ragqa.Pipeline.load(sample_index).ask(replies[0]["question"])
    assert [answer.text for answer in reply] == [answer["text"] for answer in replies[0]["answers"]]
    assert reply.answers[0].hit.passage.source == replies[0]["answers"][0]["passage"]["source"]


def test_an_answer_without_a_line_is_placed_by_its_own_characters(ragqa, tmp_path):
    record = {"id": "x", "text": "It is made of steel. The bridge of Orvel was opened in 1931 by Ilse Brandt."}
    (tmp_path / "d.jsonl").write_text(json.dumps(record))
    ragqa("index", tmp_path / "d.jsonl", "-o", tmp_path / "i")
    shown = ragqa("ask", "When was the bridge of Orvel opened?", "-k", "1", "-i", tmp_path / "i").stdout
    start = record["text"].index("1931")
    assert f"{tmp_path / 'd.jsonl'}:1 (characters {start}-{start + 4})" in shown


def test_all_gives_every_answer_that_is_sure_enough_and_reads_everything(ragqa, tmp_path):
    (tmp_path / "cup.md").write_text("# The cup in 1994\n\nIn 1994 Maria Rossi, who rode for Italy, won the cup.\n")
    (tmp_path / "more.md").write_text("# Winners of the cup\n\nIn 1990 the cup was won by Anna Berg of Norway.\n")
    (tmp_path / "storm.md").write_text("# The cup in 1998\n\nIn 1998 Ivan Petrov won the cup in a storm.\n")
    (tmp_path / "race.md").write_text("# Races\n\nThe marathon was run in the rain.\n")
    index = tmp_path / "index"
    ragqa("index", tmp_path, "-o", index)
    asked = "Who won the cup?"
    one = json.loads(ragqa("ask", asked, "-k", "1", "-i", index, "--json", "--min-score", "0.01").stdout)
    every = json.loads(ragqa("ask", asked, "-k", "1", "--all", "-i", index, "--json", "--min-score", "0.01").stdout)
    assert len(one["answers"]) == 1 and every["read"] == len(every["hits"]) == 4
    found = [answer["text"] for answer in every["answers"]]
    assert all(any(name in text for text in found) for name in ("Maria Rossi", "Anna Berg", "Ivan Petrov"))
    assert len(found) == len(set(found)) and all(answer["score"] >= 0.01 for answer in every["answers"])
    sure = every["answers"][1]["score"]
    fewer = json.loads(ragqa("ask", asked, "--all", "-i", index, "--json", "--min-score", str(sure)).stdout)
    assert [answer["text"] for answer in fewer["answers"]] == found[:2]
