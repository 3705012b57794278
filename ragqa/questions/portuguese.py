"""Portuguese, of Portugal and of Brazil."""

from __future__ import annotations

import re

from ragqa.questions.comparing import comparing
from ragqa.questions.kinds import Kind
from ragqa.questions.words import Asking, rules, small, whole_words

_PERIOD = "segundos? minutos? horas? dias? noites? semanas? mês meses anos? décadas? séculos? trimestres?"
_UNITS = _PERIOD.replace(" ", "|")
_NO_OTHER = r"(?!.*\b(?:qual|quais|quem|quant\w+|onde|como|quando)\b)"

PORTUGUESE = Asking(
    language="pt",
    rules=rules(
        (r"\bdiferenças? entre\b|^compar[ae]\b", Kind.COMPARISON),
        (r"\bcom que frequência\b|\bquantas vezes (?:por|ao|à)\b|\bde quanto em quanto tempo\b", Kind.FREQUENCY),
        (rf"\bquanto tempo\b|\bquant[oa]s (?:{_UNITS})\b|\bquanto (?:demora|dura|durou)\b",
         (Kind.DURATION, Kind.NUMBER)),
        (r"\bquanto (?:custa|custam|custou)\b|\b(?:qual|que) (?:é |era |foi )?o (?:preço|custo)\b", Kind.MONEY),
        (r"\b(?:que|qual|qual é a) (?:percentagem|porcentagem)\b", Kind.PERCENTAGE),
        (r"\bquant[oa]s?\b", (Kind.NUMBER, Kind.QUANTITY, Kind.MONEY, Kind.PERCENTAGE, Kind.DURATION)),
        (r"\b(?:que|qual) (?:ano|mês|dia|data|século|década|horas?)\b", Kind.DATE),
        (r"\bpor ?qu[eê] (?:motivo|razão)\b|^por ?qu[eê]\b|^qual (?:é |foi |era )?(?:o motivo|a razão)\b", Kind.REASON),
        (r"^como (?:posso|podemos|devo|faço|funciona|se (?:faz|pode|deve)|\w+[aei]r\b)", Kind.PROCEDURE),
        (r"\bo que (?:significa|quer dizer)\b|^o que (?:é|são) (?:uma? )?[\w-]+$", Kind.DEFINITION),
        (r"^(?:qua(?:l|is)\b.*)?\bnúmero (?:de|do) (?:telefone|telemóvel|fax|celular)\b", Kind.PHONE),
        (r"^(?:a |de |com |por |para )?quem\b", Kind.PERSON),
        (r"^(?:de |para |por |a )?onde\b|^aonde\b", Kind.PLACE),
        (r"^quando\b", Kind.OCCASION),
        (rf"^(?:há|posso|pode|podem|podemos|devo|deve|é|são|está|estão|existe|existem|foi|foram|era|eram)\b{_NO_OTHER}",
         Kind.YES_NO),
    ),
    amounts=whole_words(
        "uma? dois duas três quatro cinco seis sete oito nove dez onze doze treze catorze quatorze quinze "
        "dez[ae]sseis "
        "dez[ae]ssete dezoito dez[ae]nove vinte trinta quarenta cinquenta sessenta setenta oitenta noventa cem cento "
        r"\w+cent[oa]s mil milhão milhões metade terços? quartos? vári[oa]s algu(?:m|ma|ns|mas) nenhuma? tod[oa]s "
        "amb[oa]s muit[oa]s maioria dezenas? dúzias? centenas? milhares dobro mei[oa] zero"
    ),
    periods=whole_words(_PERIOD + " diári[oa]s? semanal mensal anual vida"),
    moments=whole_words(
        "segundas? terças? quartas? quintas? sextas? sábados? domingos? hoje amanhã ontem meio-dia meia-noite manhã "
        "tarde "
        "noite primavera verão outono inverno páscoa natal séculos? anos? mês meses dias? janeiro fevereiro março "
        "abril "
        "maio junho julho agosto setembro outubro novembro dezembro"
    ),
    alternatives=whole_words("ou"),
    plural=re.compile(r"^(?:\w+ )?quais\b|^quem (?:são|eram|foram)\b"),
    comparing=comparing(
        (r"\bdiferenças? entre (?P<one>.{1,80}?) e (?P<other>.{1,80})$",
         r"^compar[ae]r? (?P<one>.{1,80}?) (?:e|com) (?P<other>.{1,80})$"), "O que é {}?"),
    marks=small(
        "o a os as e está estão um uma de do da dos das em no na nos nas que qual quais quem quando quanto "
        "quantos quanta quantas "
        "onde por "
        "porque é são foi foram para com não como ao à às pelo pela seu sua este esta isto posso pode há você "
        "meu minha"
    ),
)  # fmt: skip
