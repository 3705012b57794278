"""Questions are read by the lists of the language that they are in, whatever the documents are in."""

from __future__ import annotations

import pytest

from ragqa.questions import Kind, asked
from ragqa.questions.tongues import tables_of


@pytest.mark.parametrize(
    ("question", "language", "spoken"),
    [
        ("was ist die hauptstadt von island", "de", "de"),
        ("was ist die hauptstadt von island", "en", "de"),
        ("was ist die hauptstadt von island", "simple", "de"),
        ("what is the capital of iceland", "de", "en"),
        ("was the bridge built of stone", "de", "en"),
        ("quanto custa o bilhete para a torre", "simple", "pt"),
        ("quanto costa il biglietto della torre", "simple", "it"),
        ("cuánto cuesta la entrada de la torre", "simple", "es"),
        ("wie betaalt de kosten van het onderhoud", "simple", "nl"),
        ("câte zile durează construirea unei case", "simple", "ro"),
        ("сколько стоит билет в башню", "simple", "ru"),
        ("kuleye bilet ne kadar", "simple", "tr"),
        ("πόσο κοστίζει το εισιτήριο", "simple", "el"),
        ("كم سعر التذكرة في البرج", "simple", "ar"),
        ("vé vào tháp giá bao nhiêu", "simple", "vi"),
        ("मीनार का टिकट कितने रुपये का है", "simple", "hi"),
        ("ค่าเข้าหอคอยเท่าไร", "simple", "th"),
        ("塔的门票多少钱", "simple", "zh"),
    ],
)
def test_the_small_words_tell_the_language(question, language, spoken):
    assert tables_of(question, language)[0].language == spoken


def test_the_documents_language_is_asked_first_and_english_last():
    assert [one.language for one in tables_of("default port redis", "de")] == ["de", "en"]
    assert [one.language for one in tables_of("default port redis", "")] == ["en"]
    assert [one.language for one in tables_of("default port redis", "en")] == ["en"]


@pytest.mark.parametrize("language", ["de", "en", "simple", ""])
@pytest.mark.parametrize(
    "question",
    ["Was ist die Hauptstadt von Island?", "Am wievielten Mai war das Fest?", "Was kostet die Karte für das Bad?"],
)
def test_a_word_of_another_language_is_no_english_helper(question, language):
    assert Kind.YES_NO not in asked(question, language).kinds


@pytest.mark.parametrize("question", ["Do kiedy jest czynne?", "Cosa fare se la rate è fine?", "Sisältyykö version?"])
def test_english_finds_nothing_in_languages_without_lists(question):
    assert not asked(question, "simple").kinds & {Kind.YES_NO, Kind.MONEY}


@pytest.mark.parametrize("language", ["de", "fr", "zh", "ru", "simple", ""])
def test_english_is_understood_over_any_documents(language):
    assert asked("Is the museum open on Mondays?", language).kinds == {Kind.YES_NO}
    assert asked("What does the term lintel mean?", language).kinds == {Kind.DEFINITION}
    assert asked("default port redis", language).kinds == {Kind.PORT}


@pytest.mark.parametrize(
    ("question", "language", "kind"),
    [
        ("Quanto tempo demora a viagem?", "pt", Kind.DURATION),
        ("Quem assinou o contrato?", "pt", Kind.PERSON),
        ("Por que a ponte está fechada?", "pt", Kind.REASON),
        ("É possível pagar com cartão?", "pt", Kind.YES_NO),
        ("In che anno fu scavato il canale?", "it", Kind.DATE),
        ("Dove si trovano le chiavi?", "it", Kind.PLACE),
        ("Posso portare il cane nel parco?", "it", Kind.YES_NO),
        ("Hoeveel dagen is het pasje geldig?", "nl", Kind.DURATION),
        ("Waarom is de brug dicht?", "nl", Kind.REASON),
        ("Câte camere are casa?", "ro", Kind.NUMBER),
        ("De ce este închis podul?", "ro", Kind.REASON),
        ("Сколько дней действует пропуск?", "ru", Kind.DURATION),
        ("Кто подписал договор?", "ru", Kind.PERSON),
        ("Можно ли платить картой?", "ru", Kind.YES_NO),
        ("Geçiş kartı kaç gün geçerli?", "tr", Kind.DURATION),
        ("Köprü neden kapalı?", "tr", Kind.REASON),
        ("Kartla ödeme yapılabilir mi?", "tr", Kind.YES_NO),
        ("كم يوماً تسري البطاقة؟", "ar", Kind.DURATION),
        ("هل المتحف مفتوح؟", "ar", Kind.YES_NO),
        ("Thẻ có hiệu lực bao nhiêu ngày?", "vi", Kind.DURATION),
        ("Ai ký hợp đồng?", "vi", Kind.PERSON),
        ("Πόσες μέρες ισχύει η κάρτα;", "el", Kind.DURATION),
        ("Γιατί είναι κλειστή η γέφυρα;", "el", Kind.REASON),
        ("कार्ड कितने दिन चलता है?", "hi", Kind.DURATION),
        ("पुल क्यों बंद है?", "hi", Kind.REASON),
        ("บัตรใช้ได้กี่วัน", "th", Kind.DURATION),
        ("ทำไมสะพานปิด", "th", Kind.REASON),
        ("ใช้บัตรได้ไหม", "th", Kind.YES_NO),
    ],
)
def test_the_plain_kinds_in_other_languages(question, language, kind):
    assert kind in asked(question, language).kinds
    assert kind in asked(question, "").kinds  # where the language of the documents is not known


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("De ce culoare este podul?", "ro"),
        ("Hangi takımdan kaçtı?", "tr"),
        ("เสียงอะไรเกี่ยวข้องกับหอคอย", "th"),
        ("¿Cómo se llama el puente?", "es"),
        ("Comment s'appelle le pont ?", "fr"),
        ("Wie wird der Turm genannt?", "de"),
        ("谁发明了电话？", "zh"),
    ],
)
def test_what_only_looks_like_another_kind(question, language):
    assert asked(question, language).kinds <= {Kind.PERSON}
