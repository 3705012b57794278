"""What elements of common vocabularies of XML (JATS, DocBook, TEI, DITA, HTML) are, by their names in small letters."""

from __future__ import annotations

DOCUMENTS = frozenset(
    """
    article book chapter section sect1 refentry part set tei teicorpus text topic concept task reference glossary dita
    document doc page html nitf story fragment
""".split()
)
TITLES = frozenset(
    """
    title head heading article-title articletitle question refname h1 h2 h3 h4 h5 h6 titel titre headline
""".split()
)
CAPTIONED = frozenset(
    """
    caption table table-wrap figure fig informalfigure example informalexample equation biblioentry mixed-citation
    element-citation citation bibl biblstruct ref monogr analytic imprint
""".split()
)
LISTS = frozenset("list itemizedlist orderedlist simplelist procedure substeps steps ul ol listbibl".split())
ITEMS = frozenset("list-item listitem item li member step substep cmd bibl ref".split())
ENTRIES = frozenset("varlistentry def-item dlentry glossentry segmentedlist".split())
TERMS = frozenset("term dt label glossterm".split())
TABLES = frozenset(("table", "informaltable", "simpletable"))
ROWS = frozenset(("tr", "row", "strow", "sthead"))
CELLS = frozenset(("td", "th", "entry", "cell", "stentry"))
VERBATIM = frozenset(
    """
    programlisting screen literallayout preformat pre codeblock eg synopsis verbatim source
""".split()
)
LISTINGS = frozenset("example code listing console".split())  # if lines stand directly in them
APART = CELLS | ROWS | frozenset("p para li listitem list-item step".split())  # a blank parts them from what is beside
REFERENCES = frozenset(("xref", "link"))
BLOCKS = (
    LISTS
    | TABLES
    | VERBATIM
    | frozenset(
        """
    p para simpara formalpara note tip warning caution important blockquote disp-quote figure fig table-wrap
    variablelist def-list dl glosslist disp-formula boxed-text section sec example informalexample mediaobject
""".split()
    )
)
TEXTS = (
    BLOCKS
    | ITEMS
    | frozenset(
        """
    ab l u speaker stage abstract summary description answer label body content text subtitle def dd b i em bold italic
    sub sup emphasis link ulink xref ext-link line verse epigraph
""".split()
    )
)
SILENT = frozenset(
    """
    script style indexterm index-entry tabularcolumns colspec col colgroup tex-math graphic inline-graphic imagedata
    object-id processing-meta
""".split()
)
