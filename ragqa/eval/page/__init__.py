"""The report page: Python writes its words, tables, charts and sections; template, style and script are files."""
