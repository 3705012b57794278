"""Sentences end where their language ends them."""

from __future__ import annotations

import pytest

from ragqa.sentences import sentences

CUT = {
    "Chinese": ["他说：“你好！”", "然后走了。", "第二句……第三句？！", "价格是3.5元。"],
    "traditional Chinese": ["「走吧。」", "她說。", "他問：「什麼？」"],
    "Japanese": ["今日は「良い天気だ。」と言った。", "明日は？", "雨です！"],
    "Arabic": ["هل أنت بخير؟", " نعم، أنا بخير.", " شكرا!", " انتهى."],
    "Hindi": ["यह एक वाक्य है।", " यह दूसरा है॥", " क्या यह तीसरा है?", " हाँ।"],
    "Greek": ["Πού είσαι;", " Είμαι εδώ, στο σπίτι.", " Καλά."],
    "Russian": ["Улица им. Ленина длинная.", " См. рис. 5 и др. Москва.", " Ему 5 млн. Рублей нет."],
    "Spanish": ["El Sr. García llegó.", " ¿Dónde está?", " ¡Aquí!", " La Dra. López habló."],
    "French": ["Il dit : « Bonjour. »", " Puis il part.", " Mgr. Paul vint."],
    "German": ["Am 3. Oktober war es so.", " Er sagte: „Ja.“", " Die 5 Mio. Menschen.", " Abs. 3 gilt."],
    "Burmese": ["ဒါက ဝါကျတစ်ခု။", " ဒုတိယဝါကျ။"],
    "Khmer": ["នេះជាប្រយោគមួយ។", " ប្រយោគទីពីរ។"],
    "Vietnamese": ["TP. Hồ Chí Minh rất đông.", " Ông nói: “Được.”", " Rồi đi."],
    "Italian": ["Il Sig. Rossi è qui.", " La Sig.ra Bianchi no."],
    "English": ["He came; Then he left.", " “Why?”", " She did not say."],
}


@pytest.mark.parametrize("language", CUT)
def test_sentences_of(language: str) -> None:
    text = "".join(CUT[language])
    ends = [0, *sentences(text, 0, len(text))]
    found = [text[start:end] for start, end in zip(ends, ends[1:], strict=False)]
    assert found == CUT[language]


@pytest.mark.parametrize(
    "parts",
    [
        ["You get 52 weeks.\n\n", "dxw pays you."],
        ["A heading\r\n \r\n", "Some text.", " More"],
        ["Type this:\n\n    pump --start\n\n", "Then wait."],
        ["Two items:\n\n", "- one\n", "- two\n\n", "and more"],
        ["One line\nand the next."],
    ],
)
def test_a_paragraph_ends_a_sentence_unless_it_announces_what_follows(parts: list[str]) -> None:
    text = "".join(parts)
    ends = [0, *sentences(text, 0, len(text))]
    assert [text[start:end] for start, end in zip(ends, ends[1:], strict=False)] == parts
