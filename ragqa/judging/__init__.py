"""How answers are judged: questions with known answers, normalisation, metrics and matching; no models."""
