"""The language of a document."""

import subprocess
import sys

import pytest

from ragqa.corpus.analyze import language_of

TEXTS = {
    "ar": "القاهرة هي عاصمة جمهورية مصر العربية وأكبر مدنها من حيث عدد السكان والمساحة في الوطن العربي.",
    "de": "Die Brücke wurde nach vier Jahren Bauzeit im Mai eröffnet und ist noch heute in Gebrauch.",
    "el": "Η γέφυρα άνοιξε τον Μάιο μετά από τέσσερα χρόνια εργασιών.",
    "en": "The bridge was opened to traffic in May after four years of work and is still in use.",
    "es": "El puente se abrió al tráfico en mayo después de cuatro años de obras y sigue en uso.",
    "fr": "Le pont a été ouvert à la circulation en mai après quatre ans de travaux.",
    "hi": "यह पुल चार साल के काम के बाद मई में यातायात के लिए खोला गया था।",
    "ja": "橋は四年間の工事の後、五月に開通しました。",
    "km": "ស្ពាន​នេះ​ត្រូវ​បាន​បើក​ឱ្យ​ប្រើ​ប្រាស់",
    "lo": "ຂົວໄດ້ເປີດໃຫ້ສັນຈອນ",
    "my": "တံတားကို မေလတွင် ဖွင့်လှစ်ခဲ့သည်။",
    "ru": "Мост был открыт для движения в мае после четырёх лет работы.",
    "th": "สะพานเปิดให้สัญจรในเดือนพฤษภาคมหลังจากก่อสร้างสี่ปี",
    "tr": "Köprü dört yıllık çalışmanın ardından mayıs ayında trafiğe açıldı.",
    "vi": "Cây cầu được thông xe vào tháng năm sau bốn năm xây dựng.",
    "zh": "大桥经过四年的施工，于五月通车。",
    "simple": "Міст відкрили для руху в травні після чотирьох років роботи, і він досі використовується.",  # Ukrainian
}


@pytest.mark.parametrize("language", TEXTS)
def test_documents_tell_their_language(language: str) -> None:
    assert language_of(TEXTS[language]) == language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("", "simple"),
        ("3.14 + 1\n\n|", "simple"),
        ("name: Anna; price: 3", "simple"),
        ("鬼滅の刃（きめつのやいば）", "ja"),
        ("大橋經過四年的施工，於五月通車。", "zh"),
        ("任天堂的《スーパーマリオ》系列是世界上最畅销的电子游戏系列之一，由宫本茂设计，一九八五年在日本发售后迅速风靡全球，"
         "此后推出了许多续作，并改编成了电影和动画片，累计销量已超过四亿份，成为公司的象征。" * 2, "zh"),
        ("用 pip install ragqa 安装之后，运行 ragqa index 命令为文件夹建立索引。", "zh"),
    ],
)  # fmt: skip
def test_short_and_mixed_texts(text: str, language: str) -> None:
    assert language_of(text) == language


def test_the_beginning_decides() -> None:
    assert language_of(TEXTS["de"] * 60 + TEXTS["en"] * 600) == "de"


def test_the_model_is_loaded_only_for_scripts_of_several_languages() -> None:
    code = (
        "import sys; from ragqa.corpus.analyze import language_of; language_of('大桥于五月通车'); language_of('สะพาน');"
        "assert 'py3langid' not in sys.modules; assert language_of('Who was it, and when did it happen?') == 'en'"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == done.stderr == ""
