"""Arabic. The article is part of its word, so no words are left out."""

from __future__ import annotations

from ragqa.wording.words import Wording, in_order, words

_MONTHS = in_order("يناير فبراير مارس أبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر", 1)
_WESTERN_ASIA = {"شباط": 2, "آذار": 3, "نيسان": 4, "أيار": 5, "حزيران": 6, "تموز": 7, "آب": 8, "أيلول": 9}
_UNITS = in_order("صفر واحد اثنان ثلاثة أربعة خمسة ستة سبعة ثمانية تسعة عشرة", 0)
_TENS = in_order("عشرون ثلاثون أربعون خمسون ستون سبعون ثمانون تسعون", 20, 10)
_COUNTED = in_order("_ واحدة اثنين ثلاث أربع خمس ست سبع ثماني تسع عشر", 0)

ARABIC = Wording(
    language="ar",
    negations=words("لا لم لن ليس ليست ما غير بدون دون"),
    loose=words("في عام سنة من حوالي نحو تقريبا تقريبًا عاما عامًا سنوات"),
    months=_MONTHS | _WESTERN_ASIA,
    numbers=_COUNTED | _UNITS | _TENS,
)
