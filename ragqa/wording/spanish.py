"""Spanish."""

from __future__ import annotations

from ragqa.wording.words import Wording, in_order, words

_MONTHS = in_order("enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre", 1)
_UNITS = in_order(
    "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis diecisiete "
    "dieciocho diecinueve veinte veintiuno veintidós veintitrés veinticuatro veinticinco veintiséis veintisiete "
    "veintiocho veintinueve",
    0,
)
_TENS = in_order("treinta cuarenta cincuenta sesenta setenta ochenta noventa", 30, 10)

SPANISH = Wording(
    language="es",
    negations=words("no nunca jamás sin ningún ninguna ninguno ni tampoco nada nadie"),
    articles=words("el la los las un una unos unas"),
    loose=words("a al alrededor año años aproximadamente con de del durante en para unos"),
    titles=words("don doña señor señora rey reina papa presidente presidenta general doctor doctora"),
    qualifiers=words(
        "nueva nuevo san santa norte sur este oeste alta alto baja bajo antigua antiguo no sin antes después"
    ),
    months=_MONTHS | {"setiembre": 9},
    numbers=_UNITS | _TENS,
    scales={"cien": 100, "ciento": 100, "mil": 10**3, "millón": 10**6, "millones": 10**6},
    joining=words("y"),
    signs={"&": "y"},
    grouping=".",
)
