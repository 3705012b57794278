"""Russian. Months and the word for year stand in several cases."""

from __future__ import annotations

from ragqa.wording.words import Wording, in_order, words

_MONTHS = (
    in_order("январь февраль март апрель май июнь июль август сентябрь октябрь ноябрь декабрь", 1)
    | in_order("января февраля марта апреля мая июня июля августа сентября октября ноября декабря", 1)
    | in_order("январе феврале марте апреле мае июне июле августе сентябре октябре ноябре декабре", 1)
)
_UNITS = in_order(
    "ноль один два три четыре пять шесть семь восемь девять десять одиннадцать двенадцать тринадцать четырнадцать "
    "пятнадцать шестнадцать семнадцать восемнадцать девятнадцать",
    0,
)
_TENS = in_order("двадцать тридцать сорок пятьдесят шестьдесят семьдесят восемьдесят девяносто", 2)

RUSSIAN = Wording(
    language="ru",
    loose=words("в во г год года году годах годы лет на около примерно с со"),
    months=_MONTHS,
    numbers={word: str(number) for word, number in _UNITS.items()}
    | {word: str(10 * number) for word, number in _TENS.items()}
    | {"одна": "1", "одно": "1", "две": "2"},
)
