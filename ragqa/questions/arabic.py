"""Arabic. "and", "in" and the article hang on words."""

from __future__ import annotations

import re

from ragqa.questions.comparing import comparing
from ragqa.questions.kinds import Kind
from ragqa.questions.words import Asking, one_of, rules, small, whole_words

_PERIOD = (
    r"ثاني\w+ ثوان\w* دقيق\w+ دقائق ساع\w+ يوم\w* أيام ليل\w* ليال\w* أسبوع\w* أسابيع شهر\w* أشهر شهور سن\w+ عام\w* "
    r"أعوام "
    r"عقد\w* عقود قرن\w* قرون"
)
_UNITS = _PERIOD.replace(" ", "|")

ARABIC = Asking(
    language="ar",
    rules=rules(
        (r"الفرق بين|الاختلاف بين|^قارن\b", Kind.COMPARISON),
        (r"\bكم مرة\b|\bكل كم\b", Kind.FREQUENCY),
        (rf"\bكم (?:{_UNITS})|\bكم (?:من الوقت|مدة|تستغرق|يستغرق|استغرق\w*)\b|^ما (?:مدة|المدة)\b",
         (Kind.DURATION, Kind.NUMBER)),
        (r"\bكم (?:سعر|ثمن|يكلف|تكلف|تكلفة|كلف)\b|^ما (?:سعر|ثمن|تكلفة|كلفة)\b|^بكم\b", Kind.MONEY),
        (r"^ما نسبة\b|\bكم نسبة\b|\bكم بالم[ئا]", (Kind.PERCENTAGE, Kind.NUMBER)),
        (r"^(?:و|ب|ل)?كم\b", (Kind.NUMBER, Kind.QUANTITY, Kind.MONEY, Kind.PERCENTAGE, Kind.DURATION)),
        (r"\b(?:بأي|أي|أية) (?:عام|سنة|يوم|شهر|تاريخ|قرن|ساعة)\b|^ما تاريخ\b", Kind.DATE),
        (r"^لماذا\b|^لِمَ\b|^ما (?:سبب|السبب)\b|^لأي سبب\b|^ما الذي دفع\b", Kind.REASON),
        (r"^كيف (?:يمكن|يمكنني|يمكننا|أستطيع|أقوم|يعمل|تعمل)\b", Kind.PROCEDURE),
        (r"^ما معنى\b|^ماذا (?:يعني|تعني)\b|^ما المقصود\b|^ما تعريف\b", Kind.DEFINITION),
        (r"^اذكر\b|^عدد\b", Kind.LIST),
        (r"^(?:ما .*)?\bرقم (?:الهاتف|هاتف|الفاكس|فاكس|الجوال)\b", Kind.PHONE),
        (r"^(?:مع |إلى |على )?من (?!أين|أي|أية|أجل|خلال|بين|غير|دون|ماذا|حيث|كم)\w|^لمن\b|^ممن\b", Kind.PERSON),
        (r"^(?:من |إلى )?أين\b", Kind.PLACE),
        (r"^(?:منذ |حتى |إلى )?متى\b", Kind.OCCASION),
        (r"^هل\b", Kind.YES_NO),
    ),
    amounts=whole_words(
        r"(?:و|ب|ل|ال|ف|بال|ك)?(?:واحد\w*|اثن\w+|ثلاث\w*|أربع\w*|خمس\w*|ست\w*|سبع\w*|ثمان\w*|تسع\w*|عشر\w*|مئ\w+|مائ\w+|ألف\w*|"
        r"آلاف|مليون\w*|ملايين|مليار\w*|نصف|ثلث\w*|ربع|كل|جميع|بضع\w*|عدة|معظم|صفر|\w{2,}ان|\w{2,}ين|مرة|مجان\w+)"
    ),
    periods=whole_words(rf"(?:و|ب|ل|ال|ف|بال)?(?:{_UNITS}|مدى|دائم\w*)"),
    moments=whole_words(
        r"(?:و|ب|ل|ال|ف|بال)?(?:أحد|اثنين|إثنين|ثلاثاء|أربعاء|خميس|جمعة|سبت|يوم\w*|غد\w*|أمس|ظهر\w*|صباح\w*|مساء\w*|ليل\w*|"
        r"فجر\w*|ربيع|صيف\w*|خريف|شتاء\w*|رمضان|عيد|قرن|عام\w*|سن\w+|شهر\w*|شوال|محرم|صفر|رجب|شعبان|يناير|فبراير|مارس|أبريل|"
        r"إبريل|نيسان|مايو|أيار|يونيو|حزيران|يوليو|تموز|أغسطس|آب|سبتمبر|أيلول|أكتوبر|نوفمبر|ديسمبر|كانون|تشرين|شباط|آذار|ساعة)"
    ),
    alternatives=whole_words("أم أو"),
    plural=re.compile(one_of("اذكر")),
    comparing=comparing(
        (r"الفرق بين (?P<one>.{1,80}?) (?:وبين |و)(?P<other>.{1,80})$",), "ما {}؟"),
    marks=small(
        "من في على إلى عن مع ما ماذا هل أين متى كيف كم لماذا أي أية التي الذي هو هي هذا هذه كان كانت بعد قبل عند لا "
        "لم لن أن إن"
    ),
)  # fmt: skip
