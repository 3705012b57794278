"""Names of languages: codes of ISO 639-1, and what else people write for them ("zh-CN", "pt_BR", "nb")."""

from __future__ import annotations

_CODES = frozenset(
    (
        "aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee "
        "el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is "
        "it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms "
        "mt my na nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk "
        "sl sm sn so sq sr ss st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi "
        "yo za zh zu"
    ).split()
)
_ALIKE = {
    "nb": "no",
    "nn": "no",
    "yue": "zh",
    "cmn": "zh",
    "wuu": "zh",
    "arz": "ar",
    "ary": "ar",
    "iw": "he",
    "in": "id",
}


def language_named(name: str) -> str:
    """The code for what somebody named: regions and scripts are left out ("zh-Hant" is zh, "pt-BR" pt), and languages
    that are analysed alike are one ("nb" is no). Any other name stays as it is.
    """
    base = name.strip().lower().replace("_", "-").partition("-")[0]
    code = _ALIKE.get(base, base)
    return code if code in _CODES else name


def is_language(code: str) -> bool:
    """Whether this is a code of ISO 639-1."""
    return code in _CODES
