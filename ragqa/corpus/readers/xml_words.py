"""What elements of common vocabularies of XML (JATS, DocBook, TEI, DITA, HTML) are, by their names in small letters."""

from __future__ import annotations

import re

DOCUMENTS = frozenset(
    re.findall(
        r"\S+",
        """
    article book chapter section sect1 refentry part set tei teicorpus text topic concept task reference glossary dita
    document doc page html nitf story fragment
""",
    )
)
TITLES = frozenset(
    re.findall(
        r"\S+",
        """
    title head heading article-title articletitle question refname h1 h2 h3 h4 h5 h6 titel titre headline
""",
    )
)
CAPTIONED = frozenset(
    re.findall(
        r"\S+",
        """
    caption table table-wrap figure fig informalfigure example informalexample equation biblioentry mixed-citation
    element-citation citation bibl biblstruct ref monogr analytic imprint
""",
    )
)
LISTS = frozenset(
    re.findall(r"\S+", "list itemizedlist orderedlist simplelist procedure substeps steps ul ol listbibl")
)
ITEMS = frozenset(re.findall(r"\S+", "list-item listitem item li member step substep cmd bibl ref"))
ENTRIES = frozenset(re.findall(r"\S+", "varlistentry def-item dlentry glossentry segmentedlist"))
TERMS = frozenset(re.findall(r"\S+", "term dt label glossterm"))
TABLES = frozenset(("table", "informaltable", "simpletable"))
ROWS = frozenset(("tr", "row", "strow", "sthead"))
CELLS = frozenset(("td", "th", "entry", "cell", "stentry"))
VERBATIM = frozenset(
    re.findall(
        r"\S+",
        """
    programlisting screen literallayout preformat pre codeblock eg synopsis verbatim source
""",
    )
)
BLOCKS = (
    LISTS
    | TABLES
    | VERBATIM
    | frozenset(
        re.findall(
            r"\S+",
            """
    p para simpara formalpara note tip warning caution important blockquote disp-quote figure fig table-wrap
    variablelist def-list dl glosslist disp-formula boxed-text section sec example informalexample mediaobject
""",
        )
    )
)
TEXTS = (
    BLOCKS
    | ITEMS
    | frozenset(
        re.findall(
            r"\S+",
            """
    ab l u speaker stage abstract summary description answer label body content text subtitle def dd b i em bold italic
    sub sup emphasis link ulink xref ext-link line verse epigraph
""",
        )
    )
)
SILENT = frozenset(
    re.findall(
        r"\S+",
        """
    script style indexterm index-entry tabularcolumns colspec col colgroup tex-math graphic inline-graphic imagedata
    object-id processing-meta
""",
    )
)
