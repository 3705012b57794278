"""From files to documents and passages, and from text to the terms of BM25."""
