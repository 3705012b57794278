"""Files → documents → passages, and the terms of BM25."""
