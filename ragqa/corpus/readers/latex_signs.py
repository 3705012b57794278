"""Signs that LaTeX calls by name."""

from __future__ import annotations

ACCENTS = {
    '"': "\u0308", "'": "\u0301", "`": "\u0300", "^": "\u0302", "~": "\u0303", "=": "\u0304", ".": "\u0307",
    "u": "\u0306", "v": "\u030c", "H": "\u030b", "t": "\u0361", "c": "\u0327", "d": "\u0323", "b": "\u0331",
    "k": "\u0328", "r": "\u030a",
}  # fmt: skip
_GREEK = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigma tau upsilon phi chi "
    "psi omega"
)
SIGNS = dict(zip(_GREEK.split(), "αβγδεζηθικλμνξοπρστυφχψω", strict=True))
SIGNS |= dict(zip((name.capitalize() for name in _GREEK.split()), "ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩ", strict=True))
SIGNS |= {
    "ss": "ß", "ae": "æ", "AE": "Æ", "oe": "œ", "OE": "Œ", "o": "ø", "O": "Ø", "aa": "å", "AA": "Å", "l": "ł", "L": "Ł",
    "i": "i", "j": "j", "dh": "ð", "th": "þ", "leq": "≤", "le": "≤", "geq": "≥", "ge": "≥", "neq": "≠", "ne": "≠",
    "times": "×", "cdot": "·", "div": "÷", "pm": "±", "mp": "∓", "approx": "≈", "equiv": "≡", "sim": "∼", "infty": "∞",
    "in": "∈", "notin": "∉", "subset": "⊂", "subseteq": "⊆", "cup": "∪", "cap": "∩", "emptyset": "∅", "forall": "∀",
    "exists": "∃", "neg": "¬", "wedge": "∧", "vee": "∨", "to": "→", "rightarrow": "→", "leftarrow": "←", "mapsto": "↦",
    "Rightarrow": "⇒", "Leftarrow": "⇐", "Leftrightarrow": "⇔", "leftrightarrow": "↔", "sum": "∑", "prod": "∏",
    "int": "∫", "partial": "∂", "nabla": "∇", "sqrt": "√", "ldots": "…", "dots": "…", "cdots": "⋯", "varepsilon": "ε",
    "vartheta": "ϑ", "varphi": "φ", "ell": "ℓ", "hbar": "ℏ", "degree": "°", "circ": "°", "prime": "′", "copyright": "©",
    "textregistered": "®", "texttrademark": "™", "textdegree": "°", "euro": "€", "pounds": "£", "S": "§", "P": "¶",
    "dag": "†", "ddag": "‡", "textasciicircum": "^",
    "textbar": "|", "textless": "<", "textgreater": ">", "textbullet": "•", "textendash": "–", "textemdash": "—",
    "textquoteleft": "‘", "textquoteright": "’", "LaTeX": "LaTeX", "TeX": "TeX", "BibTeX": "BibTeX", "quad": " ",
    "qquad": " ", "guillemotleft": "«", "guillemotright": "»", "perp": "⊥", "parallel": "∥", "propto": "∝",
    "langle": "⟨", "rangle": "⟩", "ll": "≪", "gg": "≫", "star": "⋆", "ast": "∗", "oplus": "⊕", "otimes": "⊗",
    "lbrace": "{", "rbrace": "}", "log": "log", "ln": "ln", "exp": "exp", "sin": "sin", "cos": "cos", "tan": "tan",
    "max": "max", "min": "min", "lim": "lim", "det": "det", "dim": "dim", "Pr": "Pr", "arg": "arg", "mod": "mod",
}  # fmt: skip
