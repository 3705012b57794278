"""A reader for each format that is more than a line of code; `ragqa.corpus.formats` is their table."""
