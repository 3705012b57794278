"""The report page: its words, tables and sections in Python; its template, style and script as files."""
