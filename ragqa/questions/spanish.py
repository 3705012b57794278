"""Spanish."""

from __future__ import annotations

from ragqa.questions.kinds import Kind
from ragqa.questions.words import Asking, rules, whole_words

_PERIOD = "segundos? minutos? horas? días? noches? semanas? mes(?:es)? años? décadas? siglos? trimestres?"
_UNITS = _PERIOD.replace(" ", "|")

SPANISH = Asking(
    language="es",
    rules=rules(
        (r"\bdiferencias? entre\b|^compar[ae]", Kind.COMPARISON),
        (rf"\bcuánto (?:tiempo|dura|tarda)|\bcuánt[oa]s (?:{_UNITS})\b", (Kind.DURATION, Kind.NUMBER)),
        (r"\bcon qué frecuencia\b|\bcuántas veces (?:al|por)\b", Kind.FREQUENCY),
        (r"\bcuánto (?:cuesta|costó|vale)\b|\bcuál (?:es|era) el (?:precio|costo|coste)\b", Kind.MONEY),
        (r"\bqué porcentaje\b", Kind.PERCENTAGE),
        (r"\bcuánt[oa]s?\b", (Kind.NUMBER, Kind.QUANTITY, Kind.MONEY, Kind.PERCENTAGE)),
        (r"\b(?:qué|cuál) (?:año|mes|día|fecha|siglo|década|hora)\b", Kind.DATE),
        (r"\bcuándo\b", Kind.OCCASION),
        (r"\bpor qué\b|\bcuál (?:es|fue) la (?:razón|causa)\b", Kind.REASON),
        (r"^cómo (?:se (?:puede|debe|hace)|puedo|debo|hago|\w+[aei]r\b)", Kind.PROCEDURE),
        (r"\bqué significa\b|\bqué quiere decir\b", Kind.DEFINITION),
        (r"\bquién(?:es)?\b", Kind.PERSON),
        (r"\bdónde\b|\badónde\b", Kind.PLACE),
    ),
    amounts=whole_words(
        "mitad medio media tercio tercios cuarto cuartos quinto décimo vari[oa]s algun[oa]s ningun[oa]? tod[oa]s ambos "
        "much[oa]s mayoría docenas? cientos miles millones doble"
    ),
    periods=whole_words(_PERIOD + " diari[oa]s? semanal mensual anual indefinid[oa] vida"),
    moments=whole_words(
        "lunes martes miércoles jueves viernes sábado domingo hoy mañana ayer mediodía medianoche tarde noche "
        "primavera verano otoño invierno pascua navidad siglos? años? mes(?:es)? días?"
    ),
    alternatives=whole_words("o"),
    leaning=whole_words("él ella ellos ellas est[eao]s? es[eao]s? sin embargo además pero por lo tanto así"),
)  # fmt: skip
