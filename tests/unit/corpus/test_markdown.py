"""Markdown: what its structure is, and which of its characters are marks."""

import pytest

from ragqa.config import SplitConfig
from ragqa.corpus.files import SourceFile
from ragqa.corpus.guard import read_file
from ragqa.corpus.split import split
from ragqa.markdown import marks, plain


def read(tmp_path, text):
    (tmp_path / "a.md").write_bytes(text.encode())
    (document,) = read_file(SourceFile(tmp_path / "a.md", "a.md"))
    assert document.text == text
    return document


def passages(tmp_path, text, **config):
    document = read(tmp_path, text)
    found = split(document, SplitConfig(**config))
    assert all(text[p.start : p.end] == p.text for p in found)
    return found


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_setext_headings(tmp_path, end):
    text = end.join(["Handbook", "========", "", "Intro.", "", "Safety of *valves*", "---", "Close it.", ""])
    found = passages(tmp_path, text)
    assert [(p.title, p.heading, p.text) for p in found] == [
        ("Handbook", "", "Intro."),
        ("Handbook", "Safety of valves", "Close it."),
    ]
    assert read(tmp_path, text).title == "Handbook"


def test_headings_of_other_blocks_are_none(tmp_path):
    text = "# A {#top .x}\n\n> # quoted\n\n```\n# code\n```\n\n<!--\n# hidden\n-->\n\n    # indented\n\n---\n\nText\n"
    assert [s.heading for s in read(tmp_path, text).sections] == ["A"]


def test_headings_written_in_html(tmp_path):
    """As in the README of many projects, and in pages that a program exported."""
    text = (
        '<h1 align="center">\n  <a href="x">Brent\n  bridge</a>\n</h1>\n\nIntro.\n\n<div><h2>Use</h2><p>Toll it.</p>'
        "<h3 id=x>Toll</h3>Two.</div>\n\nWrite `<h2>No</h2>`.\n\n<!-- <h2>No</h2> -->\n\n- <h2>No</h2>\n"
    )
    document = read(tmp_path, text)
    assert split(read(tmp_path, "<h2>2. </h2>\nIt is so.\n"), SplitConfig())[0].text == "It is so."
    assert document.title == "Brent bridge"
    assert [(p.heading, p.seen.text.strip()) for p in split(document, SplitConfig(words=8))] == [
        ("", "Intro."),
        ("Use", "Toll it."),
        ("Use > Toll", "Two.\n\nWrite <h2>No</h2>.\n\n\n\n- No"),
    ]


def test_passages_are_as_long_as_what_is_seen_of_them(tmp_path):
    """Long tags, and addresses of links, are no words; a passage is not cut in one."""
    item = '<span class="item one two three" id="part_1__item_{0}" data-id="part 1 item {0}">({0}) Say {0}.</span>'
    text = "<p>Ask so:</p>" + "".join(map(item.format, range(40))) + "\n"
    found = passages(tmp_path, text, words=20)
    assert 5 <= len(found) <= 8
    assert " ".join(" ".join(p.seen.text for p in found).split()) == "Ask so: " + " ".join(
        f"({n}) Say {n}." for n in range(40)
    )
    assert all(p.text.count("<") == p.text.count(">") for p in found)
    linked = "See [the one](https://example.org/a/very/long/address/of/a/page?that=nobody&would=read). " * 8
    assert len(passages(tmp_path, linked, words=24)) == 1


@pytest.mark.parametrize("mark", ["**", "_", "`", "<b>"])
def test_marks_stay_with_what_they_mark(tmp_path, mark):
    close = mark.replace("<", "</")
    text = " ".join(f"{mark}Number {n} is it.{close}" for n in range(9)) + "\n"
    assert all(p.text.startswith(mark) and p.text.endswith(close) for p in passages(tmp_path, text, words=8))


def test_front_matter_is_no_text(tmp_path):
    text = "---\ntitle: Pump\nteam: ops\n---\nIntro.\n\n# Use\nText.\n"
    document = read(tmp_path, text)
    assert (document.title, dict(document.meta)) == ("Pump", {"team": "ops"})
    assert [(p.heading, p.text, p.line) for p in split(document, SplitConfig())] == [
        ("", "Intro.", 5),
        ("Use", "Text.", 8),
    ]


def test_a_program_stays_with_the_sentence_that_announces_it(tmp_path):
    words = "One two three four five six seven eight nine ten. "
    code = "```sh\nsystemctl stop orderd\n\nsystemctl start orderd\n```"
    text = f"{words * 2}Restart it so:\n\n{code}\n\n{words}\n"
    assert [p.text for p in passages(tmp_path, text, words=28)] == [
        (words * 2).strip(),
        f"Restart it so:\n\n{code}\n\n{words.strip()}",
    ]


def test_rows_of_a_long_table_have_its_columns_as_context(tmp_path):
    rows = "".join(f"| Alloy {n} | {300 + n} |\n" for n in range(50))
    text = f"# Alloys\n\nAll:\n\n| *Name* | Melts at |\n|---|--:|\n{rows}\nThe end.\n"
    found = passages(tmp_path, text, words=40)
    assert [(p.heading, p.text) for p in found[:3]] == [
        ("", "All:"),
        ("Name | Melts at", "| *Name* | Melts at |\n|---|--:|\n| Alloy 0 | 300 |"),
        ("Name | Melts at", "| Alloy 1 | 301 |"),
    ]
    assert (found[-1].heading, found[-1].text, found[-1].line) == ("", "The end.", 58)


def test_a_table_that_fits_is_not_cut(tmp_path):
    words = "One two three four five six seven eight nine ten. "
    table = "| a | b |\n|---|---|\n" + "| c | d |\n" * 6
    assert passages(tmp_path, f"{words * 2}\n\n{table}\n", words=28)[-1].text == table.strip()


@pytest.mark.parametrize(
    ("marked", "said"),
    [
        (
            "Made by [Renata *Holm*](https://example.org/renata_holm) and [[Mayor Quist]].",
            "Made by Renata Holm and Mayor Quist.",
        ),
        ("[[Page|Label]], [text][ref], ![alt](a_b.png), <https://a.b/c_d>", "Label, text, alt, https://a.b/c_d"),
        ("By **Paolo** *Ricci* in `1931` and ~~not~~ ***so***", "By Paolo Ricci in 1931 and not so"),
        ("2 * 3 * 4, snake_case_name, *args and a_b", "2 * 3 * 4, snake_case_name, *args and a_b"),
        ("Use `a * b` and ``c ` d`` and \\*this\\*", "Use a * b and c ` d and *this*"),
        ("{% include a.html %}Text {{ page.x }}here <br>now<!-- not -->", "Text here now"),
        ("A list: Vec<T>, a < b", "A list: Vec<T>, a < b"),
        ("It is so.[^1]\n> quoted *words*\n## Head {#id}", "It is so.\nquoted words\nHead"),
        ("[ref]: https://a.b/c 'd'\n[ ] open", "[ ] open"),
        ("```py\n*a* = b_\n```\nthen *c*", "*a* = b_\n\nthen c"),
        ("| a | b |\n|:--|---|\n| *1* | 2 |", "| a | b |\n\n| 1 | 2 |"),
        ("*one\n\ntwo*", "*one\n\ntwo*"),
        ("4 The Boulevard<br>Leeds<br/>LS10", "4 The Boulevard Leeds LS10"),
        ("<ul><li>One</li><li>Two</li></ul><p>**So**.</p>", "One Two So."),
        ("<tr><td>a</td><td>b</td></tr>", "a b"),
        ("<span>(a)</span><span class='p'>premises</span>", "(a) premises"),
        ("<b>bo</b>ld, H<sub>2</sub>O, <a\n  href='x'\n>y</a>z", "bold, H2O, yz"),
        ("<article>One</article> < main >", "One < main >"),
        ("a [long\nlabel](https://a.b/c), [one\n\ntwo](d)", "a long\nlabel, [one\n\ntwo](d)"),
        ("AT&amp;T, 4&#160;&lt;&#x20AC;, `&amp;`, &copyright; R&D;", "AT&T, 4\u00a0<€, &amp;, &copyright; R&D;"),
        ("a&nbsp;<br>b <b>&eacute;</b>", "a\u00a0b é"),
    ],
)
def test_marks_are_no_words(marked, said):
    assert plain(marked) == said
    spans = marks(marked)
    assert all(start < end for start, end in spans)
    assert all(before[1] <= after[0] for before, after in zip(spans, spans[1:], strict=False))
