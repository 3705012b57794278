"""Terms by language."""

import subprocess
import sys

import pytest
import tantivy

from ragqa.config import IndexConfig
from ragqa.corpus import analyze
from ragqa.corpus.analyze import LANGUAGES, get_analyzer, language_of, recorded_analyzer
from ragqa.documents import LANGUAGE
from ragqa.errors import ConfigError, MissingExtra


@pytest.mark.parametrize(
    ("language", "text", "tokens"),
    [
        (
            "en",
            "The Runners were running, U.S. Beyoncé's 3.14",
            ["runner", "were", "run", "u", "s", "beyonc", "s", "3", "14"],
        ),
        ("en", "to be or not to be", []),
        ("en", "ﬁrst cafe\u0301 Ｔｏｋｙｏ", ["first", "cafe", "tokyo"]),
        ("en", "x" * 200 + " y", ["y"]),
        ("de", "Die Häuser und schön", ["haus", "schon"]),
        ("fr", "les chevaux", ["cheval"]),
        ("ru", "и книгами", ["книг"]),
        ("tr", "kitaplar", ["kitap"]),
        ("ta", "தமிழ்", ["தமிழ்"]),
        ("simple", "The Running hिन्दी हिन्दी a_b", ["the", "running", "hिन्दी", "हिन्दी", "a", "b"]),
        ("simple", "", []),
        ("simple", "cafe\u0301s ﬁn １２", ["cafés", "fin", "12"]),
        (
            "th",
            "กาแฟร้อน iPhoneดี ๑๒",
            ["กา", "าแ", "แฟ", "ฟร", "ร้", "้อ", "อน", "กาแฟ", "าแฟร", "แฟร้", "ฟร้อ", "ร้อน", "iphone", "ดี", "ดี", "๑๒"],
        ),
        (
            "ja",
            "東京タワーは333m",
            ["東", "京", "タ", "ワ", "ー", "は", "東京", "京タ", "タワ", "ワー", "ーは", "333m"],
        ),
        ("ko", "서울은 수도, 강 KTX로", ["서울", "울은", "수도", "강", "ktx", "로"]),
        ("pl", "Żółte kwiaty", ["żółte", "kwiaty"]),
        ("km", "ភ្នំ", ["ភ្", "្ន", "នំ", "ភ្នំ"]),
        ("hi", "हिन्दी भाषा", ["हिन्दी", "भाषा"]),
        ("zh", "臺灣的軟體", ["台湾", "的", "软体", "湾的", "的软"]),
        ("zh", "Beyoncé唱мост和C++，𝟓G", ["beyoncé", "唱", "мост", "和", "c++", "5g"]),
        (
            "zh",
            "中华人民共和国成立于1949年，iPhone。",
            [
                "中华",
                "华人",
                "人民",
                "共和",
                "共和国",
                "中华人民共和国",
                "成立",
                "于",
                "1949",
                "年",
                "iphone",
                "民共",
                "和国",
                "国成",
                "立于",
            ],
        ),
    ],
)
def test_tokens(language, text, tokens):
    assert get_analyzer(language).tokens(text) == tokens


@pytest.mark.parametrize("language", [*LANGUAGES, "auto"])
def test_tokens_are_what_tantivy_indexes(language):
    analyzer = get_analyzer(language)
    text = "Der Mond, the moons; les lunes, лунами 月亮很圆 and ﬁve Houses of Größe"
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("text", tokenizer_name="own", index_option="freq")
    index = tantivy.Index(builder.build())
    index.register_tokenizer("own", analyzer.tantivy())
    writer = index.writer(15_000_000, 1)
    document = tantivy.Document()
    document.add_text("text", analyzer.prepare(text, {LANGUAGE: language_of(text)}))
    writer.add_document(document)
    writer.commit()
    index.reload()
    tokens = analyzer.tokens(text)
    assert tokens
    assert all(index.searcher().doc_freq("text", token) == 1 for token in tokens)
    assert index.searcher().doc_freq("text", "moons") == int("moons" in tokens)


@pytest.mark.parametrize(
    ("named", "language"),
    [
        ("zh-CN", "zh"),
        ("zh_TW", "zh"),
        ("zh-Hant-HK", "zh"),
        ("pt-BR", "pt"),
        ("EN", "en"),
        ("nb", "no"),
        ("pl", "pl"),
        ("auto", "auto"),
        ("simple", "simple"),
        ("klingon", "klingon"),
    ],
)
def test_a_language_goes_by_its_code(named, language):
    assert IndexConfig(language=named).language == language


def test_a_language_without_rules_is_analysed_as_simple_and_what_is_no_language_is_refused():
    assert get_analyzer("pl") == recorded_analyzer("pl", "simple-word-1") == get_analyzer("simple")
    for name in ("klingon", "xx", ""):
        with pytest.raises(ConfigError, match="a code of two letters"):
            get_analyzer(name)


def test_names_tell_analyzers_apart():
    names = [get_analyzer(language).name for language in LANGUAGES]
    assert len(set(names)) == len(LANGUAGES)
    assert get_analyzer("en").name == "en-stem-stop-1"


def test_traditional_and_simplified_chinese_are_the_same_terms():
    chinese = get_analyzer("zh")
    assert chinese.tokens("乾隆皇帝的頭髮、後來發現的裏面") == chinese.tokens("干隆皇帝的头发、后来发现的里面")


def test_an_index_keeps_the_analyzer_of_its_time():
    before = recorded_analyzer("zh", "zh-jieba-1")
    assert before.name == "zh-jieba-1" and before.tokens("軟體") == ["軟體"] != get_analyzer("zh").tokens("軟體")
    assert recorded_analyzer("zh", get_analyzer("zh").name) == get_analyzer("zh")
    assert recorded_analyzer("zh", "zh-jieba-9") is None
    assert recorded_analyzer("en", "zh-jieba-1") is None


def test_the_name_of_auto_follows_all_others(monkeypatch):
    before = get_analyzer("auto").name
    monkeypatch.setitem(analyze._REVISIONS, "de", 2)
    assert get_analyzer("auto").name != before


@pytest.mark.parametrize("missing", ["py3langid", "jieba", "opencc"])
def test_auto_needs_its_extra(monkeypatch, missing):
    monkeypatch.setattr(analyze, "find_spec", lambda name: None if name == missing else name)
    with pytest.raises(MissingExtra, match=r"language auto .*ragqa\[languages\]"):
        get_analyzer("auto")


def test_unknown_language():
    with pytest.raises(ConfigError, match=r"'xx': .*en.*simple"):
        get_analyzer("xx")


def test_jieba_says_nothing_and_is_loaded_only_when_needed():
    code = (
        "import sys; from ragqa.corpus.analyze import get_analyzer; get_analyzer('en').tokens('a b');"
        "assert 'jieba' not in sys.modules; get_analyzer('zh').tokens('北京大学')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == done.stderr == ""
