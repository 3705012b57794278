"""Replies as messages, and messages as turns of a conversation."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

pytest.importorskip("fastapi", reason="needs ragqa[serve]")

from ragqa.documents import Passage
from ragqa.errors import ConfigError
from ragqa.serve.links import check_public_url, links_to
from ragqa.serve.messages import understood_last
from ragqa.serve.problems import Refused
from ragqa.serve.said import NOTHING, Told, say, told_by
from ragqa.types import Answer, Hit, Reply, Span

TEXT = "Mould grew in a dish. It was seen by Alexander Fleming\nin the year 1928."
LINK = links_to("https://answers.example.org/", "notes", 3)
ASKED = "Who discovered penicillin?"


def answer(words: str, *, title: str = "Penicillin", source: str = "science/[old] penicillin (1).md", **more) -> Answer:
    passage = Passage("p", "a doc/é", TEXT, title, 100, 100 + len(TEXT), source=source, line=4)
    start = TEXT.index(words)
    return Answer(words, 0.9, Span(start, start + len(words), 0.0), Hit(passage, 1.0, 1), **more)


def reply(*answers: Answer, question: str = ASKED, parts: tuple[Reply, ...] = ()) -> Reply:
    return Reply(question, answers, (), 3, parts=parts)


def cited(content: str, notes: list) -> list[str]:
    """What the citations say is quoted, which is what they have as text."""
    found = [content[note["url_citation"]["start_index"] : note["url_citation"]["end_index"]] for note in notes]
    assert found == [note["ragqa"]["text"] for note in notes]
    return found


def test_every_answer_is_cited_at_its_place():
    content, notes = say(reply(answer("Alexander Fleming", verdict="yes"), answer("a dish"), answer("1928")), LINK)
    assert cited(content, notes) == ["Alexander Fleming", "a dish", "1928"]
    start = 100 + TEXT.index("1928")
    assert notes[2]["url_citation"]["url"] == (
        f"https://answers.example.org/#i=notes&g=3&d=a+doc%2F%C3%A9&s={start}&e={start + 4}"
    )
    assert content.startswith("Yes: Alexander Fleming\n\n> It was seen by Alexander Fleming\n> in the year 1928.\n\n(")
    web = answer("1928", source="https://example.org/a_(b)")
    content, (note,) = say(reply(web), LINK)
    assert note["url_citation"]["url"] == web.source and "(https://example.org/a_%28b%29)" in content


def test_answers_to_both_sides_of_a_comparison_are_cited():
    sides = (reply(answer("a dish"), question="Where is A?"), reply(answer("1928"), question="Where is B?"))
    content, notes = say(reply(parts=sides), LINK)
    assert cited(content, notes) == ["a dish", "1928"] and NOTHING not in content
    assert content.index("**Where is A?**") < content.index("a dish") < content.index("**Where is B?**")
    content, notes = say(reply(answer("Alexander Fleming"), parts=(sides[0], reply(question="Where is B?"))), LINK)
    assert cited(content, notes) == ["Alexander Fleming", "a dish"] and content.endswith(
        f"**Where is B?**\n\n{NOTHING}"
    )
    assert say(reply(parts=(reply(), reply())), LINK) == (NOTHING, [])


@pytest.mark.parametrize("title", ["Penicillin", ""])
def test_a_message_that_is_brought_back_says_what_it_answered(title):
    best = answer("Alexander Fleming", title=title, verdict="no")
    sentence = "It was seen by Alexander Fleming\nin the year 1928."
    for others in ((), (answer("a dish"),)):
        content, _ = say(reply(best, *others), LINK)
        assert told_by(content) == Told("Alexander Fleming", sentence, title)
    excerpt = replace(best, kind="excerpt", verdict=None)
    assert told_by(say(reply(excerpt), LINK)[0]) == told_by(NOTHING) == told_by("") == Told()
    assert told_by("a" * 300) == told_by("First.\n\nSecond.") == Told()
    assert told_by(say(reply(parts=(reply(best), reply(best))), LINK)[0]) == Told()


def conversation(*texts: str) -> list[dict[str, object]]:
    roles = ("user", "assistant")
    return [{"role": roles[place % 2], "content": text} for place, text in enumerate(texts)]


def test_the_last_message_is_completed_with_those_before():
    said, _ = say(reply(answer("Alexander Fleming")), LINK)
    for before in (said, "Alexander Fleming"):
        asked = understood_last(conversation(ASKED, before, "When was he born?"), "en", 200)
        assert asked.question == "When was Alexander Fleming born?" and asked.typed == "When was he born?"
        again = conversation(ASKED, before, "When was he born?", "1881", "And where did he die?")
        assert understood_last(again, "en", 200).question == "Where did Alexander Fleming die?"
    system = [{"role": "system", "content": "Speak of Napoleon."}]
    alone = understood_last([*system, *conversation("When was he born?")], "en", 200)
    assert alone.question == "When was he born?"
    asked = understood_last(conversation(ASKED, said, "When was he born?"), "en", 20)
    assert asked.question == "When was he born?"  # completed it would be too long
    twice = [*conversation(ASKED), *conversation("Who built the bridge?", "Ada Brandt", "When was she born?")]
    assert understood_last(twice, "en", 200).question == "When was Ada Brandt born?"
    with pytest.raises(Refused):
        understood_last([*system, {"role": "assistant", "content": "Hello"}], "en", 200)


@pytest.mark.parametrize("url", ["", "https://a.example", "http://a.example:8000/answers/", "https://[::1]:1"])
def test_addresses_that_browsers_may_have(url):
    check_public_url(url)


@pytest.mark.parametrize(
    "url",
    ["a.example", "ftp://a", "https://", "https://a?b", "https://a#b", "https://u:p@a", "https://a:b", "http://a b"],
)
def test_what_is_no_address(url):
    with pytest.raises(ConfigError, match="public-url"):
        check_public_url(url)


@pytest.mark.parametrize("unit", [": [", ": [](", ": []()"])
def test_a_message_made_to_take_long_does_not(unit):
    begun = time.process_time()
    assert told_by("Ada\n\n> Ada wrote it.\n\n(" + unit * 20_000 + " x") == Told("Ada", "Ada wrote it.")
    assert time.process_time() - begun < 2.0
