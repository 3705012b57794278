"""The offsets promise, on arbitrary text, sections, sizes and overlaps."""

from itertools import pairwise

from hypothesis import example, given, settings
from hypothesis import strategies as st

from ragqa.config import SplitConfig
from ragqa.corpus.headings import body_start
from ragqa.corpus.split import LONGEST, LONGEST_WHOLE, split
from ragqa.documents import Document, Section, Table
from ragqa.sentences import count_words

PIECES = [
    "\n",
    "\r\n",
    "\r",
    "\n\n",
    " ",
    "\u2029",
    ". ",
    "? ",
    "。",
    "”",
    "Mr. ",
    "word ",
    "Ab",
    "- x",
    "| a ",
    "# H\n",
]
PIECES += [
    "中国",
    "ไทย",
    "e\u0301",
    "\U0001f600",
    "\ud800",
    "\x00",
    "3.",
    "x" * 90,
    " | | |" * 200,
    "\U0001f468\u200d\U0001f469\u200d\U0001f467" * 60,
    "\U0001f1e9\U0001f1ea" * 80,
    " \u00a0" * 400,
    ", ",
    "   \n\n  ",
    "\x1c",
    "\u3000",
    "!!",
]
TEXTS = st.one_of(
    st.text(st.characters(), max_size=300),
    st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=8)), max_size=120).map("".join),
)
CONFIGS = st.integers(5, 60).flatmap(lambda words: st.builds(SplitConfig, st.just(words), st.integers(0, words - 1)))
SPANS = st.lists(st.tuples(st.integers(0, 400), st.integers(0, 400), st.integers(0, 40)), max_size=4)
HEADINGS = st.lists(st.tuples(st.integers(0, 400), st.sampled_from(["", "H", "A > H", "word"])), max_size=5)


@settings(max_examples=50, deadline=None)
@given(TEXTS, CONFIGS, HEADINGS, SPANS, SPANS)
@example("\n- a. b. c. d. e. f. g.\r\n- h\r\r\n- i. j. k", SplitConfig(5, 4), [], [], [])
@example("a. " * 50, SplitConfig(5, 4), [(10, "H")], [], [(20, 90, 0)])
@example(". . 0:0𠀀0𠀀0", SplitConfig(5, 0), [], [(1, 6, 3)], [])  # sentences without words are not repeated either
def test_passages_are_slices_that_cover_the_text_in_order(text, config, headings, tables, together):
    sections = tuple(Section(start, heading) for start, heading in headings)
    rows = tuple(Table(start, start + body, end, "a | b") for start, end, body in tables)
    kept = tuple((start, end) for start, end, _ in together)
    document = Document("d", text, sections=sections, line=1, tables=rows, together=kept)
    passages = split(document, config)

    covered = set()
    for passage in passages:
        assert text[passage.start : passage.end] == passage.text
        assert passage.text == passage.text.strip() != ""
        assert passage.line == 1 + text.count("\n", 0, passage.start)
        assert not any(passage.start < section.start < passage.end for section in sections)
        assert config.overlap or covered.isdisjoint(range(passage.start, passage.end))
        covered.update(range(passage.start, passage.end))
        assert count_words(passage.text) <= 3.5 * config.words
        assert len(passage.text) <= LONGEST * config.words
    starts = [passage.start for passage in passages]
    assert all(before < after for before, after in pairwise(starts))
    assert len({passage.id for passage in passages}) == len(passages)

    in_headings = {at for section in sections for at in range(section.start, body_start(text, section))}
    assert all(at in covered for at in range(len(text)) if not text[at].isspace() and at not in in_headings)


@settings(max_examples=50, deadline=None)
@given(TEXTS)
def test_whole_documents(text):
    passages = split(Document("d", text, whole=True), SplitConfig())
    if len(text) <= LONGEST_WHOLE:
        assert [passage.text for passage in passages] == ([text.strip()] if text.strip() else [])
    else:
        assert passages == split(Document("d", text), SplitConfig())
    assert all(text[passage.start : passage.end] == passage.text for passage in passages)
