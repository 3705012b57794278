"""The service: questions over HTTP. `ragqa.serve.run.serve` starts it; needs ``ragqa[serve]``.

Bodies of requests are read by `ragqa.convert`, as settings and files are, so that there is one converter with one set
of rules and words. FastAPI routes the requests and writes the OpenAPI document; its own models (pydantic) are not used.
"""
