"""Training a reranker: a cross-encoder that tells a question's passages that answer from those that do not."""
