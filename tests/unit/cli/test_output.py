"""What a terminal shows of answers and passages."""

from ragqa.cli.output import print_hit, print_reply, quotation
from ragqa.documents import Passage
from ragqa.types import Answer, Hit, Reply, Span

TEXT = '<p>It is <span class="a b" id="x">not <b>so</b></span> ~~far~~.</p><p>See [the **mill**](#mill) at<br>Sarn.'


def answer(cut, source="a.md", text=TEXT):
    start = text.index(cut)
    hit = Hit(Passage("p", "d", text, "", 0, len(text), source=source, line=1), 1.0, 1)
    return Answer(cut, 0.5, Span(start, start + len(cut), 0.0), hit)


def test_marks_of_markdown_are_not_shown(capsys):
    found = answer("not <b>so</b></span> ~~far")
    assert quotation(found) == "It is »not so far«."
    print_reply(Reply("How far?", (found,), (found.hit,), 1))
    print_hit(found.hit)
    out = capsys.readouterr().out
    assert out.startswith("1. not so far  0.50") and "   It is not so far. See the mill at Sarn." in out
    assert quotation(answer("**mill**](#mill) at<br>Sarn")) == "See the »mill at Sarn«."


def test_other_texts_are_shown_as_they_are():
    assert quotation(answer("<b>so</b>", "a.txt", "It is <b>so</b>.")) == "It is »<b>so</b>«."
