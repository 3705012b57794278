"""What is taken from HTML pages, and what is left out."""

import pytest

from ragqa.config import SplitConfig
from ragqa.corpus.flow import flow
from ragqa.corpus.read import read_documents
from ragqa.corpus.readers.markup import read_page
from ragqa.corpus.split import split
from ragqa.documents import Document


def page(html):
    return flow(read_page(html, 1000).blocks)


def text(html):
    return page(html).text


def passages(html, **config):
    read = page(html)
    document = Document("d", read.text, read.title, "", {}, 0, read.sections, False, read.tables, read.together)
    return split(document, SplitConfig(**config))


def test_white_space_in_pre_stays_with_markup_inside():
    assert text("<p>Run:</p><pre>\n<b>sudo</b> <i>make</i>\n<span>  install</span>\n</pre>") == (
        "Run:\n\nsudo make\n  install"
    )
    assert text("<pre>a<br>b</pre>after") == "a\nb\n\nafter"


@pytest.mark.parametrize("raised", ["<sup>2</sup>", "<sup> 2\n</sup>", "<sup><a href='#n2'>2</a></sup>"])
def test_raised_digits_are_told_from_others(raised):
    assert text(f"<p>See{raised}.") == "See²."
    assert text("<p>1<sup>st</sup>, 2<sup>12345</sup>") == "1st, 212345"


def test_raised_text_that_is_never_closed_is_read_once():
    assert text("<p>a" + "<sup>" * 900 + "b") == "ab"


def test_a_program_stays_with_the_sentence_that_announces_it():
    words = "One two three four five six seven eight nine ten. "
    html = f"<p>{words * 2}Restart it so:</p><pre>systemctl stop orderd\n\nsystemctl start orderd</pre><p>{words}</p>"
    assert [p.text for p in passages(html, words=24)] == [
        (words * 2).strip(),
        "Restart it so:\n\nsystemctl stop orderd\n\nsystemctl start orderd\n\n" + words.strip(),
    ]


def test_empty_cells_keep_their_column():
    html = "<table><tr><th>Line<th>Stop<th>By</tr><tr><td><td>Mill<td></tr><tr><td>Red<td><td>Roth</tr></table>"
    assert text(html) == "Line | Stop | By\n | Mill | \nRed |  | Roth"


def test_cells_that_span_rows_and_columns():
    html = (
        "<table><thead><tr><th rowspan=2>Port<th colspan=2>Depth</tr><tr><th>low<th>high</tr></thead>"
        "<tr><td rowspan=2>Orlin<td colspan=2>none</tr><tr><td>3<td>4</tr><tr><td>Sarn<td>5<td>6</tr></table>"
    )
    read = page(html)
    assert read.text == ("Port | Depth\nPort | low | high\nOrlin | none\nOrlin | 3 | 4\nSarn | 5 | 6")
    (table,) = read.tables
    assert table.columns == "Port | Depth low | high" and read.text[table.body :].startswith("Orlin | none")


def test_claims_of_many_columns_cost_nothing():
    html = "<table>" + "<tr>" + "<td colspan=1000 rowspan=60000>x" * 2000 + "</table>"
    assert len(text(html)) < 200_000


def test_a_table_that_arranges_a_page_is_no_table():
    read = page("<table><tr><td><h2>Menu</h2></td><td><p>One.</p><p>Two.</p><table><tr><td>a<td>b</table></table>")
    assert read.text == "Menu\n\nOne.\n\nTwo.\n\na | b" and len(read.tables) == 1


def test_rows_of_a_long_table_have_its_columns_as_context():
    rows = "".join(f"<tr><td>Alloy {n}<td>{300 + n}</tr>" for n in range(60))
    html = f"<h1>Alloys</h1><p>All of them.</p><table><tr><th>Name<th>Melts at</tr>{rows}</table><p>The end.</p>"
    found = passages(html, words=40)
    assert [(p.heading, p.text) for p in found[:3]] == [
        ("", "All of them."),
        ("Name | Melts at", "Name | Melts at\nAlloy 0 | 300"),
        ("Name | Melts at", "Alloy 1 | 301"),
    ]
    assert (found[-1].heading, found[-1].text) == ("", "The end.")
    short = f"<p>All.</p><table><tr><th>Name<th>Melts at</tr>{rows[:400]}</table>"
    assert len(passages(short, words=80)) == 1


def test_labels_stay_with_their_values():
    assert text("<dl><dt>-v<dt>--verbose<dd><p>Say more.</p><p>Much more.</p><dt>-q<dd>Say less.</dl>") == (
        "-v\n\n--verbose\nSay more.\n\nMuch more.\n\n-q\nSay less."
    )


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<header><h1>Sorrel</h1><p>It was opened in the year 1907.</p></header><p>A.</p>", "opened in the year 1907"),
        ("<article><header><p>By Ann Lee</p></header><p>A.</p></article>", "By Ann Lee"),
        ("<nav><ul><li>Home</ul><p>The museum was founded in 1888.</p>", "The museum was founded in 1888."),
        ("<nav><a href=/>Home</a><main><p>Founded.</p></main>", "Founded."),
        ("<footer><main><p>Founded.</p></main>", "Founded."),
        ("<aside>Shop<article><p>Founded.</p></article>", "Founded."),
    ],
)
def test_what_is_text_stays(html, expected):
    assert expected in text(html)
    assert "Home" not in text(html)


@pytest.mark.parametrize(
    "html",
    [
        "<nav><p>See <a href=1>all of our many fine products</a></p></nav>",
        "<header><h1>Site</h1><p>Log in</p></header><main><h1>A</h1></main>",
        "<footer><p>All rights reserved by the owner of this.</p></footer>",
        "<aside>Shop</aside>",
        "<div role=navigation><ul><li>Home</ul></div>",
    ],
)
def test_what_is_of_the_site_goes(html):
    assert text(f"{html}<p>Body.</p>").endswith("Body.")
    assert set(text(f"{html}<p>Body.</p>").split()) <= {"A", "Body."}


def test_powers_and_permalinks():
    assert text("<h2>Area<a href=#area>¶</a></h2><p>It has 10<sup>6</sup> m<sup>2</sup>.<sup>a</sup></p>") == (
        "Area\n\nIt has 10⁶ m².a"
    )


def read(*paths):
    problems = []
    return {d.id: d.text for d in read_documents(paths, problems.append)}, problems


def write_site(folder, pages):
    for number in range(pages):
        (folder / f"p{number:02}.html").write_text(
            "<div><a href=/>Start</a></div><div>Menu</div><h2>Tools</h2><div>Print</div>"
            f"<h1>Page {number}</h1><h2>Use</h2><p>Text {number}.</p><div>Menu</div>"
            f"<p>Read this guide before you ask for help.</p><p>End {number}.</p><p>Made by Kestrel.</p>"
        )


def test_what_repeats_on_most_pages_of_a_folder_is_left_out_of_all_but_the_first(tmp_path):
    write_site(tmp_path, 30)
    texts, problems = read(tmp_path)
    assert texts["p07.html"] == "Page 7\n\nUse\n\nText 7.\n\nMenu\n\nEnd 7."
    assert texts["p00.html"].startswith("Start\n\nMenu\n\nTools") and texts["p00.html"].endswith("Made by Kestrel.")
    assert {(p.reason, p.unread) for p in problems} == {("left out: what repeats on most pages of its folder", False)}
    assert len(problems) == 29


def test_few_pages_and_pages_named_alone_are_whole(tmp_path):
    write_site(tmp_path, 5)
    assert all("Kestrel" in said for said in read(tmp_path)[0].values())
    write_site(tmp_path, 9)
    assert "Kestrel" in read(tmp_path / "p07.html")[0]["p07.html"]


@pytest.mark.parametrize(
    "unseen",
    [
        "<p hidden>Gone.</p>",
        "<p hidden='hidden'>Gone.</p>",
        "<div style='color:red; display: none'><p>Gone.</p></div>",
        "<b style='DISPLAY:NONE !important'>Gone.</b>",
        "<ul style='visibility:hidden'><li>Gone.</li></ul>",
    ],
)
def test_what_nobody_sees_is_no_text(unseen):
    assert text(f"<p>Seen.</p>{unseen}<p>Also.</p>") == "Seen.\n\nAlso."


@pytest.mark.parametrize(
    "shown",
    [
        "<div role=tabpanel hidden>Shown.</div>",
        "<p hidden=until-found>Shown.</p>",
        "<body style='display:none'><p>Shown.</p></body>",
        "<article style='visibility:hidden'>Shown.</article>",
        "<p style='display:block'>Shown.</p>",
        "<p style='display:nonesuch'>Shown.</p>",
    ],
)
def test_what_is_shown_later_stays(shown):
    assert text(shown) == "Shown."
