"""PDF files: reading order, words and sentences that lines and pages divide, what is left out, and where it stands."""

import pytest
from support import hostile
from support.pdf import write_pdf as write

from ragqa.config import SplitConfig
from ragqa.corpus.files import Problem, SourceFile
from ragqa.corpus.guard import read_file
from ragqa.corpus.readers.pdf import boxes
from ragqa.corpus.split import split


def read(path):
    items = list(read_file(SourceFile(path, path.name)))
    assert not [item for item in items if isinstance(item, Problem)], items
    return {item.id.partition("=")[2]: item.text for item in items}


def one(tmp_path, *lines, **options):
    write(tmp_path / "a.pdf", lines, **options)
    return read(tmp_path / "a.pdf")["1"]


def test_words_at_line_ends_are_joined(tmp_path):
    assert one(
        tmp_path,
        (60, 740, "The municipal water treat-"),
        (60, 725, "ment plant is run by Anglo-"),
        (60, 710, "Saxon engineers, on a well-"),
        (60, 695, "known and state-of-the-"),
        (60, 680, "art site. It is a well-known one."),
    ) == (
        "The municipal water treatment plant is run by Anglo-Saxon engineers, on a well-known and state-of-the-art"
        " site. It is a well-known one."
    )


def test_paragraphs_lists_and_headings(tmp_path):
    assert one(
        tmp_path,
        (60, 760, "Report of the harbour", 18),
        (60, 730, "The harbour has six cranes, which were all built in the year 1907 by Kestrel of"),
        (60, 716, "Orlin."),
        (60, 702, "Cranes:"),
        (60, 688, "1. Ada"),
        (60, 674, "2. Ivo"),
        (60, 640, "A new paragraph begins after a gap."),
    ) == (
        "Report of the harbour\n\nThe harbour has six cranes, which were all built in the year 1907 by Kestrel of "
        "Orlin.\nCranes:\n1. Ada\n2. Ivo\n\nA new paragraph begins after a gap."
    )


def test_two_columns_are_read_one_after_the_other(tmp_path):
    left = [(60, 700 - 14 * at, f"left line {at} of the column") for at in range(8)]
    right = [(320, 700 - 14 * at, f"right line {at} of the column") for at in range(8)]
    mixed = [line for pair in zip(left, right, strict=True) for line in pair]
    text = one(
        tmp_path, (60, 740, "A title that goes over the whole width of the page, as titles do, and more of it"), *mixed
    )
    assert text.index("left line 7") < text.index("right line 0")
    assert text.startswith("A title") and "line 7 of the column right line 0" in text


def test_a_gap_over_both_columns_does_not_mix_them(tmp_path):
    steps = [0, 14, *range(60, 160, 14)]
    left = [(60, 700 - step, f"left line at {step} of the column") for step in steps]
    right = [(320, 700 - step, f"right line at {step} of the column") for step in steps]
    text = one(tmp_path, *[line for pair in zip(left, right, strict=True) for line in pair])
    assert text.rindex("left line") < text.index("right line")


def test_columns_below_a_table_of_the_whole_width(tmp_path):
    cells = [(60 + 60 * x, 760 - 15 * y, f"{x}{y}") for y in range(8) for x in range(8)]
    left = [(60, 600 - 14 * at, f"left line {at} of the column") for at in range(8)]
    right = [(320, 600 - 14 * at, f"right line {at} of the column") for at in range(8)]
    text = one(tmp_path, *cells, *[line for pair in zip(left, right, strict=True) for line in pair])
    assert text.startswith("00 | 10 | 20") and text.index("left line 7") < text.index("right line 0")


def test_rows_of_cells_stay_rows(tmp_path):
    cells = [("Port", "Depth", "Since"), ("Orlin", "12 m", "1907"), ("Sarn", "9 m", "1888")]
    lines = [(60 + 150 * x, 700 - 15 * y, text) for y, row in enumerate(cells) for x, text in enumerate(row)]
    assert one(tmp_path, *lines) == "Port | Depth | Since\nOrlin | 12 m | 1907\nSarn | 9 m | 1888"


def test_items_far_from_their_marks_are_no_rows(tmp_path):
    items = ["(a) A list of officers.", "(b) A list of jurors.", "iv. The votes", "C. Reports"]
    lines = [
        (left, 700 - 15 * at, text)
        for at, item in enumerate(items)
        for left, text in zip((60, 120), item.split(" ", 1), strict=True)
    ]
    assert one(tmp_path, *lines).split("\n") == items
    rows = [(60 + 150 * x, 700 - 15 * y, text) for y in range(3) for x, text in enumerate((f"{y}.", f"P-{y}", "12 m"))]
    assert one(tmp_path, *rows).split("\n")[1] == "1. P-1 | 12 m"


def test_running_headers_footers_and_page_numbers_are_left_out(tmp_path):
    pages = [
        [
            (60, 770, "Kestrel Annual Report"),
            (60, 700, f"Text number {n} of it, which is said but once."),
            (280, 30, f"Page {n + 3} of 9"),
        ]
        for n in range(4)
    ]
    write(tmp_path / "a.pdf", *pages)
    texts = [f"Text number {n} of it, which is said but once." for n in range(4)]
    assert list(read(tmp_path / "a.pdf").values()) == texts


def test_equal_pages_are_read_once(tmp_path):
    write(tmp_path / "a.pdf", *[[(60, 770, "Ticket for the ferry")]] * 4)
    assert read(tmp_path / "a.pdf") == {"1": "Ticket for the ferry"}


def test_a_sentence_over_a_page_break_has_both_pages_as_its_place(tmp_path):
    write(
        tmp_path / "a.pdf",
        [(60, 700, "Before it stands this."), (60, 686, "The company was founded by the engi-"), (60, 40, "Foot 1")],
        [(60, 700, "neer Ada Roth in 1923. After it stands that."), (60, 600, "More."), (60, 40, "Foot 2")],
    )
    assert read(tmp_path / "a.pdf") == {
        "1-2": "Before it stands this.\nThe company was founded by the engineer Ada Roth in 1923. After it stands "
        "that.",
        "2": "More.",
    }
    places = boxes(tmp_path / "a.pdf", "1-2", 53, 80)
    assert [(place.page, round(place.bottom) // 10) for place in places] == [(1, 68), (2, 69)]


@pytest.mark.parametrize(
    ("end", "begin"), [("It ended so.", "and on"), ("It went on with", "2. Second"), ("End", "on")]
)
def test_what_ended_or_is_an_item_does_not_go_on(tmp_path, end, begin):
    write(tmp_path / "a.pdf", [(60, 700, end)], [(60, 700, begin)])
    assert read(tmp_path / "a.pdf") == {"1": end, "2": begin}


def test_every_character_of_a_page_is_said_once(tmp_path):
    pages = [
        [(60, 700, f"begin{n} and it goes on and on over many lines that"), (60, 500, f"end{n} of it goes on")]
        for n in range(5)
    ]
    write(tmp_path / "a.pdf", *pages)
    said = " ".join(read(tmp_path / "a.pdf").values())
    assert all(said.count(f"begin{n}") == said.count(f"end{n}") == 1 for n in range(5))


def test_what_is_filled_into_fields_is_read(tmp_path):
    lines = (60, 740, "Application"), (60, 720, "Name of the vessel:")
    fields = ("vessel", "Kittiwake", "200 716 300 732"), ("form1[0].x[0]", "9 m", "60 300 200 318")
    assert one(tmp_path, *lines, fields=fields) == "Application\n\nName of the vessel: vessel: Kittiwake\n\n9 m"


def test_bookmarks_are_headings_of_the_pages_that_follow(tmp_path):
    write(
        tmp_path / "a.pdf",
        [(60, 700, "1. Safety", 14), (60, 660, "Wear a helmet.")],
        [(60, 700, "And gloves."), (60, 640, "2 Use", 14), (60, 600, "Pull the lever.")],
        [(60, 700, "Then let go.")],
        bookmarks=[("Safety", 0), ("2 Use", 1), ("Not there", 1), ("End", 2)],
    )
    documents = read_file(SourceFile(tmp_path / "a.pdf", "a.pdf"))
    found = [(p.source[-7:], p.heading, p.text) for document in documents for p in split(document, SplitConfig())]
    assert found == [
        ("#page=1", "Safety", "Wear a helmet."),
        ("#page=2", "Safety", "And gloves."),
        ("#page=2", "2 Use", "Pull the lever."),
        ("#page=3", "Not there", "Then let go."),
    ]


def test_running_chapter_titles_that_count_the_pages(tmp_path):
    pages = [
        [(60, 770, f"Chapter {n // 2}: Use {n}"), (60, 700, f"Said on page {n}, and nowhere else.")] for n in range(6)
    ]
    write(tmp_path / "a.pdf", *pages)
    assert not [text for text in read(tmp_path / "a.pdf").values() if "Chapter" in text]
    pages = [
        [(60, 770, f"Part {n}", 20), (60, 700, f"Said on page {'abcdef'[n]}, alone."), (60, 680, "More.")]
        for n in range(6)
    ]
    write(tmp_path / "a.pdf", *pages)
    assert all("Part" in text for text in read(tmp_path / "a.pdf").values())


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("On Salt", "On Salt"),
        ("paper.dvi", "The largest text"),
        ("Microsoft Word - x", "The largest text"),
        ("", "The largest text"),
        ("12", "The largest text"),
    ],
)
def test_titles(tmp_path, title, expected):
    lines = [(60, 760, "The largest text", 18), (60, 700, "Some usual text that is longer than the title is.")]
    write(tmp_path / "a.pdf", lines, title=title)
    (document,) = read_file(SourceFile(tmp_path / "a.pdf", "a.pdf"))
    assert document.title == expected


def test_without_a_title_it_is_the_files_name(tmp_path):
    write(tmp_path / "Pump P-100.pdf", [(60, 700, "Some text.")])
    (document,) = read_file(SourceFile(tmp_path / "Pump P-100.pdf", "a.pdf"))
    assert document.title == "Pump P-100"


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_boxes_are_where_the_text_stands(tmp_path, turn):
    write(tmp_path / "a.pdf", [(60, 700, "The harbour has six cranes.")], turn=turn)
    text = read(tmp_path / "a.pdf")["1"]
    assert text == "The harbour has six cranes."
    left, bottom, right, top = shown(turn, 78, 700, 125, 708)  # "harbour"
    for place in boxes(tmp_path / "a.pdf", "1", 4, 11):
        assert place.page == 1 and left - 8 < place.left < place.right < right + 8
        assert bottom - 8 < place.bottom < place.top < top + 8
    assert len(boxes(tmp_path / "a.pdf", "1", 0, 99)) == 1 or turn
    assert boxes(tmp_path / "a.pdf", "7", 0, 9) == boxes(tmp_path / "a.pdf", "x", 0, 9) == []


def shown(turn, left, bottom, right, top):
    """A rectangle of a page of 600 by 800 points when it is turned clockwise."""
    for _ in range(turn // 90):
        left, bottom, right, top = bottom, -right, top, -left
    across, up = {0: (0, 0), 90: (0, 600), 180: (600, 800), 270: (800, 0)}[turn]
    return left + across, bottom + up, right + across, top + up


def test_text_that_is_turned_against_its_page_is_read(tmp_path):
    write(tmp_path / "a.pdf", [(60, 700, "Level text, and so much of it.")])
    content = (tmp_path / "a.pdf").read_bytes().replace(b"ET", b"0 1 -1 0 20 100 Tm (Stamp 7) Tj ET")
    (tmp_path / "a.pdf").write_bytes(content)
    assert read(tmp_path / "a.pdf")["1"] == "Level text, and so much of it.\n\nStamp 7"


def test_a_scan_says_so(tmp_path):
    image = hostile.stream(
        b"/Type /XObject /Subtype /Image /Width 1 /Height 1 /ColorSpace /DeviceGray /BitsPerComponent 8", b"x"
    )
    page = hostile.PAGE + b"/Contents 4 0 R /Resources << /XObject << /X 5 0 R >> >> >>"
    objects = {1: hostile.CATALOG, 2: b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>", 3: page}
    objects |= {4: hostile.stream(b"", b"q 9 0 0 9 0 0 cm /X Do Q"), 5: image}
    (tmp_path / "a.pdf").write_bytes(hostile.pdf(objects))
    (problem,) = read_file(SourceFile(tmp_path / "a.pdf", "a.pdf"))
    assert problem.reason in (
        "no text (none was recognised)",
        'no text (to have it recognised, pip install "ragqa[ocr]")',
    )
