"""Documents → passages, by example."""

import time
from itertools import pairwise

import pytest

from ragqa.config import SplitConfig
from ragqa.corpus.split import LONGEST, split
from ragqa.documents import Document, Section, passage_id
from ragqa.sentences import count_words, sentences


def texts(text, words=120, overlap=0, sections=()):
    document = Document("d", text, sections=tuple(sections))
    return [passage.text for passage in split(document, SplitConfig(words, overlap))]


def cut(text):
    ends = [0, *sentences(text, 0, len(text))]
    return [text[a:b].strip() for a, b in pairwise(ends)]


@pytest.mark.parametrize(
    "expected",
    [
        ["One.", "Two!", "Three?", "Four…", "Five."],
        ["Mr. Smith met Dr. J. R. R. Tolkien in St. Ives.", "They spoke."],
        ["The U.S. Army, e.g. its engineers, i.e. the corps, came at 5 p.m. sharp.", "It left."],
        ["See No. 5 and pp. 12 and Fig. 3.", "He said No.", "She left."],
        ["It is 3.14 or 2.5 m.", "That was in 1990.", "5 came."],
        ['"Why?" she asked.', "“Really!” he said.", "He asked “Who?”", "Nobody knew."],
        ["(It ended.)", "Then [so.]", "A claim.[12]", "Next one."],
        ["Er kam am 3. Oktober 1990, d.h. z.B. im Herbst.", "Das war 1990.", "Dann nicht."],
        ["Wait... what?", "So."],
        [
            "Frau Weber, geb. Müller, zahlt z. B. gem. Abs. 2 in der Hauptstr. 5.",
            "Dr. h. c. Kern auch.",
            "Sonst keiner.",
        ],
        ["La Sra. López firmó en los EE. UU. de entonces.", "Luego no."],
        ["Il Sig. Rossi e l'Ing. Bianchi vennero.", "Poi nulla."],
        ["На ул. Ленина, д. 5, жил Иванов.", "Он умер в 1990 г.", "Дом стоит."],
        ["Take option a.", "Then b.", "Done."],
        ["今天天气很好。", "我们去公园吧！", "“你来吗？”", "他问。"],
        ["यह एक वाक्य है।", "यह दूसरा है।"],
        ["ما هذا؟", "هذا كتاب."],
    ],
)
def test_sentences(expected):
    glue = "" if "天" in expected[0] else " "
    assert cut(glue.join(expected)) == expected


def test_list_items_and_table_rows_are_sentences():
    expected = ["Things:", "- one thing", "- another.", "With more.", "1. first", "2. second", "| a | b |", "c | d"]
    assert cut("Things:\n- one thing\n- another. With more.\n1. first\n2. second\n| a | b |\nc | d") == expected
    assert cut("A line\nthat is wrapped - so.") == ["A line\nthat is wrapped - so."]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", 0),
        ("Three small words.", 3),
        ("don't x_y 3.14", 5),
        ("中国人", 2),
        ("中国 abc中国", 3),
        ("ภาษาไทย", 4),
        ("हिन्दी भाषा", 2),
        ("cafe\u0301 noir", 2),
        ("x" * 49, 3),
        ("!" * 48, 2),
    ],
)
def test_words(text, words):
    assert count_words(text) == words


def test_sentences_are_packed_up_to_the_size():
    parts = [f"This is sentence number {number} here." for number in range(10)]  # 6 words each
    assert texts(" ".join(parts), 20) == [" ".join(parts[at : at + 3]) for at in (0, 3, 6)] + [parts[9]]


def test_a_small_rest_joins_what_is_before_it():
    text = "One two three four five six seven eight nine ten. One two three four five six seven eight nine ten. Rest."
    assert texts(text, 20) == [text]


def test_paragraphs_stay_whole_where_they_can():
    first, second, third = ("one two three four five six.", "a b c d e f g h i j k l m n o.", "x y z.")
    assert texts(f"{first}\n\n{second}\n \n{third}", 16) == [first, f"{second}\n \n{third}"]
    assert texts(f"{first}\r\n\r\n{third}", 16) == [f"{first}\r\n\r\n{third}"]
    assert texts("Intro:\n\n" + second, 16) == ["Intro:\n\n" + second]


def test_passages_do_not_cross_sections_and_leave_headings_out():
    text = "Before it.\n\n# One\nBody one.\n## Two\n\n### Three ###\nBody three.\r\n# Two\r\nEnd."
    sections = [
        Section(text.index("# One"), "One"),
        Section(text.index("## Two"), "One > Two"),
        Section(text.index("### Th"), "One > Two > Three"),
        Section(text.index("# Two\r"), "Two"),
    ]
    passages = split(Document("d", text, title="One", line=1, sections=tuple(sections)), SplitConfig())
    assert [(p.heading, p.text, p.line) for p in passages] == [
        ("", "Before it.", 1),
        ("", "Body one.", 4),
        ("Two > Three", "Body three.", 8),
        ("Two", "End.", 10),
    ]


def test_a_section_that_does_not_begin_with_its_heading_keeps_its_first_line():
    assert texts("First line.\nSecond.", sections=[Section(0, "Elsewhere")]) == ["First line.\nSecond."]
    assert texts("Here\nSecond.", sections=[Section(0, "Up > Here")]) == ["Second."]
    assert texts("# no section, so no heading") == ["# no section, so no heading"]


def test_long_sentences_are_cut_at_clauses_then_blanks_then_characters():
    clauses = ", ".join("one two three four five six seven" for _ in range(6)) + "."
    assert texts(clauses, 10) == ["one two three four five six seven,"] * 5 + ["one two three four five six seven."]
    assert texts("word " * 25, 10) == ["word " * 9 + "word"] * 2 + ["word word word word word"]
    assert [len(part) for part in texts("x" * 24 * 25, 10)] == [240, 240, 120]
    lines = "\n".join("a b c d" for _ in range(6))
    assert texts(lines, 10) == ["a b c d\na b c d"] * 3
    assert texts("one two three four five six seven eight nine ten eleven", 10) == [
        "one two three four five six seven eight nine ten eleven"
    ]


def test_combining_marks_stay_with_their_letters():
    for part in texts("กำ้ิ" * 100, 10):
        assert not part.startswith(("\u0e49", "\u0e34"))


def test_chinese_and_thai():
    sentence = "北京是中国的首都，有很多人。"  # 12 characters: 6 or 7 words
    assert texts(sentence * 4, 14) == [sentence * 2] * 2
    thai = "ประเทศไทยมีเมืองหลวงชื่อกรุงเทพ"
    parts = texts(" ".join([thai] * 12), 40)
    assert all(part.startswith("ประเทศ") and part.endswith("กรุงเทพ") for part in parts)
    assert len(parts) > 3


def test_overlap_repeats_whole_sentences():
    parts = [f"This is sentence number {number} here." for number in range(9)]  # 6 words each
    expected = [parts[:2], *(parts[at - 1 : at + 2] for at in (2, 4, 6)), parts[7:]]
    assert texts(" ".join(parts), 20, 7) == [" ".join(part) for part in expected]


def test_overlap_stays_in_its_section():
    text = "# A\nOne two three. Four five six. And so on.\n# B\nSeven eight nine. Ten eleven twelve."
    sections = [Section(0, "A"), Section(text.index("# B"), "B")]
    assert texts(text, 9, 3, sections) == [
        "One two three. Four five six.",
        "Four five six. And so on.",
        "Seven eight nine. Ten eleven twelve.",
    ]


def test_whole_is_one_passage():
    text = "\n One. Two.\n\n" + "Three. " * 500
    (passage,) = split(Document("d", text, "T", "s:1", {"k": 1}, whole=True), SplitConfig(5))
    assert passage.text == text.strip()
    assert passage.start == 2
    assert split(Document("d", " \n", whole=True), SplitConfig()) == []


def test_a_passage_carries_what_its_document_has():
    text = "\n\n Some text."
    (passage,) = split(Document("d", text, "T", "d.txt", {"k": 1}, line=1), SplitConfig())
    assert passage.id == passage_id("d", 3, len(text), "Some text.")
    assert (passage.doc_id, passage.title, passage.source, passage.line) == ("d", "T", "d.txt", 3)
    assert passage.meta == {"k": 1}


def test_blank_and_heading_only_texts_have_no_passages():
    assert texts(" \n\u3000\r\n") == []
    assert texts("# A\n## B\n", sections=[Section(0, "A"), Section(4, "A > B")]) == []


@pytest.mark.parametrize(
    "unit", ["x", ".", ".)", "! ", "A. ", "word ", "\n ", "a\r", "中", "\u0301", "a | b\n", ". x) "]
)
def test_time_is_linear_and_passages_bounded(unit):
    def seconds(size):
        text = unit * (size // len(unit)) + "x"
        began = time.process_time()
        passages = split(Document("d", text, line=1), SplitConfig())
        assert max(len(p.text) for p in passages) < 10_000
        return time.process_time() - began

    small = min(seconds(20_000) for _ in range(3))
    assert seconds(160_000) < 32 * small + 0.05


@pytest.mark.parametrize(
    "unit", [" | | |", ". ", "\u200b", "…", "\xa0", "a" + " " * 3000, "☃", "\u0301", "\n", "—\n\n"]
)
@pytest.mark.parametrize("words", [5, 120])
def test_texts_without_words_have_passages_of_bounded_length(unit, words):
    text = f"Words. {unit * (100_000 // len(unit))} end."
    document = Document("d", text)
    for config in (SplitConfig(words), SplitConfig(words, words - 1)):
        passages = split(document, config)
        assert max(len(passage.text) for passage in passages) <= LONGEST * words
        assert all(text[passage.start : passage.end] == passage.text for passage in passages)
        assert passages[0].start == 0 and passages[-1].end == len(text)


@pytest.mark.parametrize(
    "character",
    [
        "e\u0301\u0302",
        "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466",
        "\U0001f44d\U0001f3fd",
        "\U0001f1e9\U0001f1ea",
        "\u1112\u1161\u11ab",
        "❤\ufe0f",
        "กำ้",
    ],
)
def test_what_looks_like_one_character_is_not_cut(character):
    for lead in range(3):
        parts = texts("x" * lead + character * 2000, 10)
        assert len(parts) > 1 and "".join(parts) == "x" * lead + character * 2000
        assert all(len(part) % len(character) == 0 for part in parts[1:])


def test_a_document_too_long_to_be_kept_whole_is_split():
    text = "One sentence is here. " * 2000
    passages = split(Document("d", text, "T", whole=True), SplitConfig())
    assert passages == split(Document("d", text, "T"), SplitConfig()) and len(passages) > 10


def test_passages_share_their_documents_metadata():
    """A row of ten thousand columns that has a thousand passages has its metadata once."""
    passages = split(Document("d", "A sentence is here. " * 500, meta={"k": 1}), SplitConfig())
    assert len(passages) > 1 and all(passage.meta is passages[0].meta for passage in passages)
