"""What search and models see of a passage, and the way back."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ragqa.documents import Passage
from ragqa.models.catalog import load_encoder
from ragqa.models.ensemble import load_readers
from ragqa.seen import is_markdown, seen

PIECES = ["**", "*", "_", "`", "```\n", "[a](b)", "[", "](", ")", "| ", " | ", "|", "\n", "|-|-|\n", "word ", "x", "# "]
PIECES += ["{{a}}", "<br>", "<!--", "-->", "é", "\U0001f600", "\\", ".", "\n\n", "~~", "> ", "[[p|q]]"]
TEXTS = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=5)), max_size=40).map("".join)


@settings(max_examples=200, deadline=None)
@given(TEXTS, st.sampled_from(["", "T", "T > a | b | c", "a | "]), st.sampled_from(["a.md", "a.html"]))
def test_what_is_seen_stands_in_the_passage(text, heading, source):
    view = seen(text, source, heading)
    kept = at = 0
    for start, end, said in view.pieces:
        assert at <= start <= end <= len(text)
        kept += start - at + len(said)
        at = end
    assert len(view.text) == kept + len(text) - at
    for start in range(len(view.text)):
        for end in (start + 1, len(view.text)):
            place = view.place(start, end)
            if place is not None:
                assert 0 <= place[0] < place[1] <= len(text)
    for at, char in enumerate(view.text):  # a character that stands in the passage is found again
        place = view.place(at, at + 1)
        if place is not None and place[1] - place[0] == 1:
            assert text[place[0]] == char
            assert view.text[slice(*view.of_original(*place))].endswith(char)


@pytest.mark.parametrize(
    ("row", "source", "said"),
    [
        ("| Alloy *61* | 727 | 81 |", "a.md", "Alloy 61: Melts at is 727, Density is 81."),
        ("Alloy 61 | 727 | 81", "a.md", "Alloy 61: Melts at is 727, Density is 81."),
        ("Alloy 61 |  | 81", "a.html", "Alloy 61: Density is 81."),
        ("| 727 | 81", "a.docx", "Melts at is 727, Density is 81."),
        (
            "Name | Melts at | Density\nAlloy 0 | 1 | 2.",
            "a.html",
            "Name | Melts at | Density\nAlloy 0: Melts at is 1, Density is 2.",
        ),
        (
            "| Name | Melts at | Density |\n|--|:-:|--|\n| Alloy 0 | 1 | 2 |",
            "a.md",
            "| Name | Melts at | Density |\n\nAlloy 0: Melts at is 1, Density is 2.",
        ),
        ("no row", "a.md", "no row"),
        ("a | b | c | d", "a.html", "a | b | c | d"),
    ],
)
def test_rows_are_seen_as_sentences(row, source, said):
    view = seen(row, source, "Alloys > Name | Melts at | Density")
    assert view.text == said
    for word in ("727", "81", "61"):
        if word in said:
            start = said.index(word)
            assert row[slice(*view.place(start, start + len(word)))] == word


def test_what_is_only_seen_is_no_quotation():
    view = seen("Alloy 61 | 727", "", "Name | Melts at")
    at = view.text.index("Melts")
    assert view.place(at, at + 5) is None
    assert view.original[slice(*view.place(at, at + 15))] == "727"


@pytest.mark.parametrize("source", ["a.md", "b/A.MARKDOWN", "a.md.gz", "a.md#cell=3", "a.md:12"])
def test_markdown_is_told_by_the_source(source):
    assert is_markdown(source)
    assert not is_markdown(f"{source}/x.txt") and not is_markdown("a.mdx") and not is_markdown("")


def test_models_and_search_read_what_is_seen():
    reader = load_readers(("default",), max_chars=160)
    before = "[See](https://example.org/a/long/address/of/a/page/that/nobody/reads). "
    text = f"{before}The Brent bridge was designed by [Paolo **Ricci**](https://example.org/marco_rossi) in `1931`."
    passage = Passage("p", "d", text, "Bridges", 0, len(text), source="a.md")
    best = reader.read(["Who designed the Brent bridge?"], [passage])[0][0]
    assert text[best.start : best.end] in ("Paolo **Ricci", "Paolo **Ricci**")
    assert reader.logits("Who designed the Brent bridge?", passage, best)
    assert passage.retrieval_text == "Bridges\nSee. The Brent bridge was designed by Paolo Ricci in 1931."
    assert load_encoder("default").encode_passages([passage]).shape[0] == 1


def test_a_cell_of_a_long_table_is_found():
    reader = load_readers(("default",), max_chars=160)
    text = "| Alloy 61 | 727 | 81 |"
    passage = Passage("p", "d", text, "Alloys", 0, len(text), "Name | Melting point (°C) | Density", "a.md")
    for question, answer in (
        ("What is the melting point of Alloy 61?", "727"),
        ("What is the density of Alloy 61?", "81"),
    ):
        best = reader.read([question], [passage])[0][0]
        assert text[best.start : best.end] == answer
