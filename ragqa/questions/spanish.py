"""Spanish."""

from __future__ import annotations

import re

from ragqa.questions.comparing import comparing
from ragqa.questions.kinds import Kind
from ragqa.questions.stating import Stating, contraries, named, replacing
from ragqa.questions.words import Asking, rules, small, whole_words
from ragqa.wording.words import words

_PERIOD = "segundos? minutos? horas? días? noches? semanas? mes(?:es)? años? décadas? siglos? trimestres?"
_UNITS = _PERIOD.replace(" ", "|")

_STATING = Stating(
    helpers=named(
        "be: es son, stay: está están, was: era eran, got: fue fueron, stayed: estaba estaban estuvo estuvieron, "
        "there: hay, were: había hubo, own: tiene tienen, can: puede pueden puedo podemos, must: debe deben debo "
        "debemos, have: ha han he hemos, could: podría podrían, should: debería deberían, would: sería serían, will: "
        "será serán"
    ),
    denials=words("no nunca jamás ningún ninguna ninguno"),
    places=("before",),
    bare=words("ningún ninguna ninguno"),
    hedges=words(
        "si salvo excepto solo sólo solamente únicamente pero sino aunque cuando mientras hasta antes después desde "
        "aún todavía casi apenas veces menudo raramente generalmente normalmente habitualmente quizá quizás "
        "probablemente posiblemente tal parcialmente parte mayoría algunos algunas varios varias muchos muchas pocos "
        "pocas más menos o ni sin que dijo afirmó afirma asegura sería serían podría podrían debería deberían "
        "previsto prevista aproximadamente condición falso siempre-que"
    ),
    pointing=words("él ella ello ellos ellas esto eso este esta ese esa estos estas esos esas"),
    fillers=words("también ya ahora actualmente además"),
    wholes=words("todos todas siempre cada todo toda completamente"),
    same=contraries(
        "permitido autorizado ! prohibido, permitida autorizada ! prohibida, permitidos autorizados ! prohibidos, "
        "permitidas autorizadas ! prohibidas, abierto ! cerrado, abierta ! cerrada, abiertos ! cerrados, "
        "abiertas ! cerradas, posible ! imposible, disponible ! indisponible, activado ! desactivado, "
        "incluido ! excluido, incluida ! excluida, obligatorio ! opcional, obligatoria ! opcional"
    ),
    persons=words("uno yo usted tú"),
    adds=words("y e"),
    follows=words("porque pues"),
    beside=words("en a al de del con por para sobre entre"),
    past=words("was got stayed were"),
    present=words("be stay"),
    yes=words("sí"),
    no=words("no"),
    answering={"can>must!": False},
    verb_first=True,
    loose_order=True,
    asking=replacing((r"\bse (?=\w)", "")),
    saying=replacing((r"\bse (?=\w)", ""), (r"\bya no\b", "no")),
)  # fmt: skip

SPANISH = Asking(
    language="es",
    rules=rules(
        (r"\bdiferencias? entre\b|^compar[ae]", Kind.COMPARISON),
        (r"^(?:(?:cuál|qué) .*)?\bnúmero de (?:fax|teléfono|móvil)\b", Kind.PHONE),
        (r"\b(?:correo electrónico|dirección de correo)\b", Kind.MAIL),
        (r"\bcódigo postal\b|\bnúmero de (?:cuenta|serie|cliente)\b", Kind.CODE),
        (r"\b(?:qué|cuál es el) puerto (?:usa|utiliza|predeterminado|por defecto|escucha)\b", Kind.PORT),
        (rf"\bcuánto (?:tiempo|dura|tarda)|\bcuánt[oa]s (?:{_UNITS})\b", (Kind.DURATION, Kind.NUMBER)),
        (r"\bcon qué frecuencia\b|\bcuántas veces (?:al|por)\b", Kind.FREQUENCY),
        (r"\bcuánto (?:cuesta|costó|vale)\b|\bcuál (?:es|era) el (?:precio|costo|coste)\b", Kind.MONEY),
        (r"\bqué porcentaje\b", Kind.PERCENTAGE),
        (r"\bcuánt[oa]s?\b", (Kind.NUMBER, Kind.QUANTITY, Kind.MONEY, Kind.PERCENTAGE)),
        (r"\b(?:qué|cuál) (?:año|mes|día|fecha|siglo|década|hora)\b", Kind.DATE),
        (r"\bcuándo\b", Kind.OCCASION),
        (r"\bpor qué\b|\bcuál (?:es|fue) la (?:razón|causa)\b", Kind.REASON),
        (r"^cómo (?:se (?!llam|conoc|denomin|dice|escrib|titul|apod)\w+[ae]n?\b"
         r"|puedo|debo|hago|funcionan?\b|\w+[aei]r\b)",
         Kind.PROCEDURE),
        (r"\bqué significa\b|\bqué quiere decir\b"
         r"|^qué (?:es|son) (?:una? |el |la |los |las )?[\w-]+$"
         r"|^(?:explica|explique|describe|describa)\b", Kind.DEFINITION),
        (r"\bquién(?:es)?\b", Kind.PERSON),
        (r"\bdónde\b|\badónde\b", Kind.PLACE),
        (r"^(?:es|son|está|están|era|eran|fue|fueron|hay|había|tiene|tienen|se|puede|pueden|puedo|podemos|debe|deben|"
         r"debo|ha|han|existe|existen|acepta|aceptan|admite|admiten|incluye|permite|funciona|vale)\b"
         r"(?!.*\b(?:qué|cuál|cuáles|cómo)\b)", Kind.YES_NO),
    ),
    amounts=whole_words(
        "mitad medio media tercio tercios cuarto cuartos quinto décimo vari[oa]s algun[oa]s ningun[oa]? tod[oa]s "
        "ambos much[oa]s mayoría docenas? cientos miles millones doble"
    ),
    periods=whole_words(_PERIOD + " diari[oa]s? semanal mensual anual indefinid[oa] vida"),
    moments=whole_words(
        "lunes martes miércoles jueves viernes sábados? domingos? hoy mañana ayer mediodía medianoche tarde noche "
        "primavera verano otoño invierno pascua navidad siglos? años? mes(?:es)? días?"
    ),
    alternatives=whole_words("o"),
    leaning=whole_words("él ella ellos ellas est[eao]s? es[eao]s? sin embargo además pero por lo tanto así"),
    plural=re.compile(r"\bcuáles\b|\bqué (?!es\b|más\b)\w+s\b|\bquiénes\b"),
    stating=_STATING,
    comparing=comparing(
        (r"\bdiferencias? entre (?P<one>.{1,80}?) y (?P<other>.{1,80})$",
         r"^compar[ae]r? (?P<one>.{1,80}?) (?:y|con) (?P<other>.{1,80})$"), "¿Qué es {}?"),
    marks=small(
        "el la los las un una unos unas de del en y o a al con por para es son está fue fueron se que qué quién "
        "quiénes quien cuál "
        "cuáles cuándo cuando cuánto cuánta cuántos cuántas cuanto cuantos dónde donde cómo como su sus no hay puede "
        "puedo esta este"
    ),
)  # fmt: skip
