"""The macros of mdoc, the dialect of man pages in which each word says what it is, within a line."""

from __future__ import annotations

from collections.abc import Sequence

_MARKS = {"Dq": "“”", "Qq": '""', "Sq": "‘’", "Ql": "‘’", "Pq": "()", "Bq": "[]", "Brq": "{}", "Aq": "⟨⟩", "Op": "[]",
          "D1": ("", ""), "Eq": ("", "")}  # fmt: skip
_OPENED = {"Do": "“", "Dc": "”", "Qo": '"', "Qc": '"', "So": "‘", "Sc": "’", "Po": "(", "Pc": ")", "Bo": "[", "Bc": "]",
           "Bro": "{", "Brc": "}", "Ao": "⟨", "Ac": "⟩", "Oo": "[", "Oc": "]"}  # fmt: skip
_NAMES = {"Ux": "UNIX", "Bx": "BSD", "Fx": "FreeBSD", "Nx": "NetBSD", "Ox": "OpenBSD", "At": "AT&T UNIX",
          "Dx": "DragonFly", "Bsx": "BSD/OS", "Lb": "library"}  # fmt: skip
_PLAIN = frozenset(
    """
    Ar Ad An Cd Cm Dv Em Er Ev Fa Fd Ft Ic In Li Ms No Pa Sx Sy Tn Va Vt Xo Xc Nd It St Lk Mt Dl Bf Ef Rv Ex
    %A %B %C %D %I %J %N %O %P %Q %R %T %U %V Db Fc Fo Hf Os Dd Ta Ns Pf Ap Fl Nm Xr Fn Sm
""".split()
)
_CALLABLE = _PLAIN | _MARKS.keys() | _OPENED.keys() | _NAMES.keys()
_CLOSING = frozenset(".,:;)]?!")
_OPENING = frozenset("([")


class Mdoc:
    """Reads lines of macros; it remembers the name of the page."""

    def __init__(self) -> None:
        self._name = ""

    def line(self, name: str, arguments: Sequence[str]) -> str:
        """What a reader sees of a line; nothing of a macro that is not known, and has nothing to say."""
        if name == "Os" or (name not in _CALLABLE):
            return "" if name not in _CALLABLE else " ".join(arguments)
        out: list[str] = []
        self._take([name, *arguments], out)
        return "".join(out).strip()

    def _take(self, words: list[str], out: list[str]) -> None:
        ends: list[str] = []  # what closes the marks that hold up to the end of the line
        macro, glue, at = "", True, 0
        while at < len(words):
            word = words[at]
            at += 1
            if word in _CALLABLE and (at == 1 or len(word) > 1):
                macro = word
                if word in _MARKS:
                    self._add(out, _MARKS[word][0], glue)
                    ends.append(_MARKS[word][1])
                    glue = True
                elif word in _OPENED:
                    closes = word.endswith("c")
                    self._add(out, _OPENED[word], glue or closes)
                    glue = not closes
                elif word in ("Ns", "Ap", "Pf"):
                    if word == "Ap":
                        out.append("'")
                    glue = True
                elif word == "Ta":
                    out.append(" | ")
                    glue = True
                else:
                    at, glue = self._begin(word, words, at, out, glue)
                continue
            if word in _CLOSING:
                out += [*reversed(ends), word] if at == len(words) else [word]
                ends = [] if at == len(words) else ends
                glue = False
                continue
            self._add(out, f"-{word}" if macro == "Fl" else word, glue)
            glue = word in _OPENING or macro == "Pf"
            macro = "" if macro == "Pf" else macro
        out += reversed(ends)

    def _begin(self, macro: str, words: list[str], at: int, out: list[str], glue: bool) -> tuple[int, bool]:
        """Macros that say something themselves; where to go on, and whether what follows joins without a blank."""
        following = words[at] if at < len(words) else ""
        if following and following not in _CALLABLE and following not in _CLOSING:
            return self._begin_with(macro, words, at, out, glue)
        if macro == "Fl":
            self._add(out, "-", glue)
            return at, bool(following) and following not in _CLOSING
        said = {"Nm": self._name, "Ar": "file ..."}.get(macro, _NAMES.get(macro, ""))
        self._add(out, said, glue)
        return at, glue and not said

    def _begin_with(self, macro: str, words: list[str], at: int, out: list[str], glue: bool) -> tuple[int, bool]:
        """The same for a macro that a word of its own follows."""
        end = at + 1
        if macro == "Nm":
            self._name = self._name or words[at]
        elif macro == "Xr":
            end += end < len(words) and words[end] not in _CLOSING
            self._add(out, f"{words[at]}({words[at + 1]})" if end > at + 1 else words[at], glue)
            return end, False
        elif macro == "Fn":
            while end < len(words) and words[end] not in _CALLABLE and words[end] not in _CLOSING:
                end += 1
            self._add(out, f"{words[at]}({', '.join(words[at + 1 : end])})", glue)
            return end, False
        said = "–" if macro == "Nd" else _NAMES.get(macro, "")
        self._add(out, said, glue)
        return at, glue and not said

    @staticmethod
    def _add(out: list[str], text: str, glue: bool) -> None:
        out.append(text if glue or not out or not text else f" {text}")
