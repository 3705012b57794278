"""Which encoding a text is in."""

import json
import time

import pytest

from ragqa.corpus.encoding import decode, encoding_of, scan
from ragqa.corpus.read import read_documents
from ragqa.errors import ConfigError, SourceError

GERMAN = "Die Brücke über die Spree wurde im März größer gebaut als zunächst geplant. „Schön“, sagte er."
FRENCH = "L'été où il a été élevé à la dignité de maître, il resta là, près de sa mère – très âgée, déjà."
SWEDISH = "På ön växer både gräs och träd; där är det också ljust på våren, även när det är kallt."
CHINESE = "北京是中华人民共和国的首都，也是全国的政治和文化中心。他们在这里学习和工作，大家都很高兴。"
TAIWANESE = "臺北是中華民國的首都，也是臺灣的政治和文化中心。他們在這裡學習和工作，大家都很高興。"
JAPANESE = "東京は日本の首都であり、世界でも最も大きな都市のひとつです。多くの人がここで働いています。"
KOREAN = "서울은 대한민국의 수도이며 가장 큰 도시이다. 많은 사람들이 이 도시에서 살고 일을 하고 있다."
RUSSIAN = "Москва является столицей России и крупнейшим городом страны. Она стоит на реке Москве."
PLAIN = "An English line first.\n" * 50


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (GERMAN, "utf-8"),
        (GERMAN, "utf-8-sig"),
        (GERMAN, "utf-16"),
        (GERMAN, "utf-16-le"),
        (GERMAN, "utf-16-be"),
        (GERMAN, "utf-32"),
        (GERMAN, "utf-32-be"),
        (CHINESE + "\n" + CHINESE, "utf-16-le"),
        (CHINESE + "\n" + CHINESE, "utf-16-be"),
        (GERMAN, "cp1252"),
        (FRENCH, "cp1252"),
        (SWEDISH, "cp1252"),
        ("Ein Café", "cp1252"),
        ("café", "cp1252"),
        (CHINESE, "gb18030"),
        (TAIWANESE, "big5"),
        (JAPANESE, "shift_jis"),
        (JAPANESE, "euc_jp"),
        (KOREAN, "euc_kr"),
        (RUSSIAN, "cp1251"),
        (RUSSIAN, "koi8_r"),
        (RUSSIAN.lower(), "koi8_r"),
        (CHINESE, "utf-8"),
        ("", "utf-8"),
    ],
)
def test_decoded_as_it_was_written(text, encoding):
    for whole in (text, "An English line first.\r\n" * 50 + text + "\r\nand one after.\r\n"):
        assert decode(whole.encode(encoding)) == whole


ENCODED = [
    ("Mostek Orliński został otwarty przez burmistrza Michała Żółkiewskiego.", ("cp1250", "cp852", "iso8859_2")),
    ("Příliš žluťoučký kůň úpěl ďábelské ódy.", ("cp1250", "cp852", "iso8859_2")),
    ("Árvíztűrő tükörfúrógép a Duna partján áll és vár.", ("cp1250", "cp852")),
    ("Το μουσείο ιδρύθηκε το 1888 από τον Ιωάννη Παππά.", ("cp1253", "iso8859_7")),
    ("Akın köprüsü 1453 yılında açıldı ve başkent oldu.", ("cp1254",)),
    ("Árnes er eyja í Norður-Atlantshafi þar sem búa fáir.", ("cp1252",)),
    (GERMAN.replace("„", '"').replace("“", '"'), ("mac_roman", "cp437", "cp850")),
    (FRENCH.replace("–", "-"), ("mac_roman", "cp437")),
    (SWEDISH, ("mac_roman", "cp437")),
    ("Młyn nad rzeką zbudowano w roku 1834, a później należał do Stanisława.", ("mac_latin2",)),
    ("Mlýn na řece byl postaven roku 1834 a později jej koupil Tomáš.", ("mac_latin2",)),
    ("Irmak üzerindeki değirmen 1834 yılında yapıldı, sonra satıldı.", ("mac_turkish", "cp857")),
    (RUSSIAN, ("cp866", "mac_cyrillic")),
    ("Tiltas buvo atidarytas, nes žmonės šito labai norėjo ir ilgai laukė.", ("cp1257",)),
]


@pytest.mark.parametrize(("text", "encodings"), ENCODED, ids=[encodings[0] for _, encodings in ENCODED])
def test_encodings_of_one_byte_are_told_by_the_language(text, encodings):
    for encoding in encodings:
        raw = text.encode(encoding)
        guessed = encoding_of(scan([raw]))
        assert raw.decode(guessed.name) == text and not guessed.doubt, encoding
        assert decode(f"{PLAIN}{text}\n{PLAIN}".encode(encoding)) == f"{PLAIN}{text}\n{PLAIN}"


def test_what_is_not_sure_is_doubted_aloud(tmp_path):
    (tmp_path / "a.txt").write_bytes("Müller".encode("cp850"))
    (tmp_path / "b.txt").write_bytes("Größe der Brücke über die Spree, gebaut für größere Züge".encode("cp1252"))
    problems = []
    documents = list(read_documents([tmp_path], problems.append))
    assert len(documents) == 2
    (doubt,) = problems
    assert doubt.source == str(tmp_path / "a.txt") and doubt.remark and not doubt.unread
    assert doubt.reason.startswith("its encoding is a guess: ") and "--encoding" in doubt.reason


def test_the_encoding_that_is_named_is_taken(tmp_path):
    (tmp_path / "a.txt").write_bytes("Müller".encode("cp850"))
    (tmp_path / "b.csv").write_bytes("text\nŁódź\n".encode("cp1250"))
    (tmp_path / "c.txt").write_text("Unicode stays: ß", encoding="utf-8")
    problems = []
    texts = {name: [d.text for d in read_documents([tmp_path], problems.append, encoding=name)] for name in ("cp850",)}
    assert texts["cp850"][0] == "Müller" and texts["cp850"][2] == "Unicode stays: ß" and not problems
    assert [d.text for d in read_documents([tmp_path / "b.csv"], problems.append, encoding="Windows-1250")] == ["Łódź"]
    for wrong in ("windows-9999", "rot13"):
        with pytest.raises(ConfigError, match="not known"):
            read_documents([tmp_path], print, encoding=wrong)


def test_guessing_looks_at_a_bounded_part():
    raw = ("x" * 70 + " Größe\n").encode("cp1252") * 200_000
    began = time.process_time()
    assert encoding_of(scan([raw])).name == "cp1252"
    assert time.process_time() - began < 2


def test_damaged_utf8_stays_utf8():
    raw = (GERMAN * 3).encode() + b" \xff " + GERMAN.encode()
    assert decode(raw) == GERMAN * 3 + " \ufffd " + GERMAN
    assert decode(CHINESE.encode()[:-1]) == CHINESE[:-1] + "\ufffd"


@pytest.mark.parametrize("raw", [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", bytes(range(256)), b"\0", b"\xff\x01\x02\x03" * 9])
def test_binary(raw):
    with pytest.raises(SourceError, match="binary"):
        decode(raw)


def test_seen_in_chunks_as_in_one():
    raw = ("x" * 1000 + CHINESE).encode("gb18030")
    for size in (7, 1001, 5000):
        assert encoding_of(scan(raw[at : at + size] for at in range(0, len(raw), size))).name == "gb18030"
    utf8 = CHINESE.encode()
    assert encoding_of(scan(utf8[at : at + 1] for at in range(len(utf8)))).name == "utf-8"


def test_declared_names_that_are_no_encodings_are_ignored():
    for label in ("rot13", "hex", "utf-16", "windows-9999", "none"):
        assert decode("Größe".encode("cp1252"), label) == "Größe"


def test_streamed_formats_in_other_encodings(tmp_path):
    (tmp_path / "a.csv").write_bytes(f"id;text\r\n1;{RUSSIAN}\r\n".encode("cp1251"))
    (tmp_path / "b.jsonl").write_bytes(json.dumps({"text": JAPANESE}, ensure_ascii=False).encode("utf-16"))
    (tmp_path / "c.tsv").write_bytes(f"text\ttitle\n{CHINESE}\tT\n".encode("utf-8-sig"))
    problems = []
    documents = list(read_documents([tmp_path], problems.append))
    assert not problems
    assert [d.text for d in documents] == [RUSSIAN, JAPANESE, CHINESE]
