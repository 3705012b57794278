"""A service as a program sees it: `ragqa.Client`, which asks over HTTP what a `ragqa.Pipeline` answers in process.

It needs nothing but the standard library and `ragqa.convert`, and loads no model.
"""

KEY = "RAGQA_KEY"  # the environment variable with the key of a service, for programs that are given its address alone
