"""From what search and reader say of passages to answers with scores.

The modules build on each other: `phrases` compares wordings, `clusters` joins places that say the same, `calibration`
holds the fitted numbers, `masses` weighs evidence, and `answers` makes answers of it.
"""
