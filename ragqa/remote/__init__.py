"""A service as a program sees it: `ragqa.Client`, which asks over HTTP what a `ragqa.Pipeline` answers in process.

It needs nothing but the standard library and `ragqa.convert`, and loads no model.
"""
