"""What replies look like, as JSON Schema (2020-12) for the OpenAPI document.

Written by hand beside the ``to_dict`` of each class, whose forms they are; a test holds them against real replies. A
client should pass over fields that it does not know: later versions may have more.
"""

from __future__ import annotations

from typing import Any, get_args

from ragqa.grounded import Verdict as GroundVerdict
from ragqa.types import AnswerKind, Stopped, Verdict

Schema = dict[str, Any]
SCHEMA = "#/components/schemas/"
TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "number"}
SHARE: Schema = {"type": "number", "minimum": 0, "maximum": 1}
COUNT: Schema = {"type": "integer", "minimum": 0}
WHOLE: Schema = {"type": "integer"}
FLAG: Schema = {"type": "boolean"}
NUMBERS: Schema = {"type": "object", "additionalProperties": NUMBER}
META: Schema = {"type": "object", "description": "Metadata of the document"}


def ref(name: str) -> Schema:
    """The schema of this name."""
    return {"$ref": SCHEMA + name}


def many(items: Schema) -> Schema:
    """A list."""
    return {"type": "array", "items": items}


def one_of(literal: Any, *others: Any) -> Schema:
    """One of the values that a ``Literal`` allows, or of others."""
    return {"enum": [*get_args(literal), *others]}


def or_null(schema: Schema) -> Schema:
    """What it says, or null."""
    return {"anyOf": [schema, {"type": "null"}]}


def table(about: str, _optional: dict[str, Schema] | None = None, /, **fields: Schema) -> Schema:
    """An object that has these fields, and may have the ``_optional`` ones."""
    own = {"type": "object", "properties": {**fields, **(_optional or {})}, "required": list(fields)}
    return {"description": about, **own} if about else own


SPAN = table(
    "Characters [start, end) of a passage, with the reader's log-probability", start=COUNT, end=COUNT, score=NUMBER
)
PLACE = table("Characters [start, end), in code points", start=COUNT, end=COUNT)
PASSAGE = table(
    "A piece of a document: its text is that document's from start to end",
    **dict.fromkeys(("id", "doc_id", "title", "heading", "source", "text"), TEXT),
    **dict.fromkeys(("line", "start", "end"), COUNT),
    meta=META,
)
HIT = table(
    "A passage that was found",
    {"passage_id": TEXT, "source": TEXT},
    rank=COUNT,
    score=NUMBER,
    sources=NUMBERS,
    row=WHOLE,
    passage=ref("Passage"),
    copies=many(ref("Hit")),
)
SUPPORT = table(
    "Another place that says the same",
    **dict.fromkeys(("text", "passage_id", "doc_id", "source"), TEXT),
    span=ref("Span"),
    document_span=ref("Place"),
    share=NUMBER,
)
ANSWER = table(
    "A quotation; score is the probability that it is right, document_span where it stands in the document",
    kind=one_of(AnswerKind),
    verdict=one_of(Verdict, None),
    text=TEXT,
    score=SHARE,
    span=ref("Span"),
    sentence=ref("Place"),
    items=many(ref("Place")),
    document_span=ref("Place"),
    line=COUNT,
    faq=FLAG,
    passage=ref("Passage"),
    support=many(ref("Support")),
    features=NUMBERS,
)
REPLY: dict[str, Schema] = {
    "question": TEXT,
    "searched": TEXT,
    "answered": FLAG,
    "answers": many(ref("Answer")),
    "candidates": many(ref("Answer")),
    "nearest": or_null(ref("Answer")),
    "parts": many(ref("Reply")),
    "hits": many(ref("Hit")),
    "no_answer": SHARE,
    "read": COUNT,
    "stopped": one_of(Stopped),
    "generation": COUNT,
    "timings": NUMBERS,
}
CARRIED = table("Words that a question took over", text=TEXT, source=TEXT, turn=COUNT, reason=TEXT)
OUTCOME = table(
    "The best answer of some passages, and whether it is sure enough to be given",
    answer=ref("Answer"),
    text=TEXT,
    probability=SHARE,
    given=FLAG,
    faq=FLAG,
    passage=TEXT,
    rank=COUNT,
    source=TEXT,
    line=COUNT,
)
SEEN = table(
    "A passage, and what was made of it",
    {"rerank": NUMBER},
    rank=COUNT,
    passage=TEXT,
    source=TEXT,
    words=NUMBERS,
    bm25=or_null(NUMBER),
    dense=or_null(NUMBER),
    score=NUMBER,
    prior=NUMBER,
    read=FLAG,
    null=or_null(NUMBER),
    relevance=or_null(NUMBER),
)
SCORE = table(
    "How the score of the best answer is computed",
    bias=NUMBER,
    features={
        "type": "object",
        "additionalProperties": table("", value=NUMBER, weight=NUMBER, product=NUMBER),
    },
    logit=NUMBER,
    probability=SHARE,
    threshold=or_null(NUMBER),
    risk=or_null(NUMBER),
)
EXPLANATION = table(
    "Why a question got its reply",
    fusion={"type": "object", "description": "How scores were joined: its name, and the settings that decide"},
    reranked=FLAG,
    weights=NUMBERS,
    passages=many(SEEN),
    best=or_null(OUTCOME),
    logits=many(table("", reader=COUNT, start=NUMBER, end=NUMBER, null=NUMBER, margin=NUMBER)),
    score=or_null(SCORE),
    without=or_null(OUTCOME),
)
GROUND = table(
    "A place that says a sentence, or says it with another value",
    text=TEXT,
    start=COUNT,
    end=COUNT,
    document_span=ref("Place"),
    line=COUNT,
    probability=SHARE,
    differences=many(table("", kind=TEXT, said=TEXT, found=TEXT)),
    hit=ref("Hit"),
)
GROUNDED = table(
    "A sentence of the text, and what the documents say of it",
    text=TEXT,
    start=COUNT,
    end=COUNT,
    verdict=one_of(GroundVerdict),
    probability=SHARE,
    grounds=many(GROUND),
)
SERVED = table(
    "An index; to one who may see some documents only, its other facts are not told",
    {
        **dict.fromkeys(("created", "ragqa", "analyzer", "bm25", "dense", "encoder", "fingerprint"), TEXT),
        **dict.fromkeys(("format", "documents", "passages", "deleted_passages", "segments", "bytes"), COUNT),
        **dict.fromkeys(("dimensions", "words", "overlap", "synonyms"), COUNT),
        "approximate": FLAG,
        "threshold": or_null(NUMBER),
    },
    generation=COUNT,
    language=TEXT,
    behind=FLAG,
)
SCHEMAS: dict[str, Schema] = {
    "Span": SPAN,
    "Place": PLACE,
    "Passage": PASSAGE,
    "Hit": HIT,
    "Support": SUPPORT,
    "Answer": ANSWER,
    "Reply": table("What a question got", **REPLY),
    "AskReply": table(
        "What a question got; typed, carried, note and session where it was asked in a session",
        {
            "explanation": EXPLANATION,
            "typed": TEXT,
            "carried": many(CARRIED),
            "note": TEXT,
            "session": TEXT,
        },
        index=TEXT,
        **REPLY,
    ),
    "BatchReply": table(
        "Replies in the order of the questions; a problem in the place of one that cannot be asked",
        index=TEXT,
        replies=many({"anyOf": [ref("Reply"), table("", problem=ref("Problem"))]}),
    ),
    "SearchReply": table("Passages, best first", index=TEXT, question=TEXT, hits=many(ref("Hit")), generation=COUNT),
    "GroundReply": table(
        "A text, sentence by sentence",
        index=TEXT,
        text=TEXT,
        supported=FLAG,
        sentences=many(GROUNDED),
        generation=COUNT,
    ),
    "DocumentReply": table(
        "Characters [start, end) of a document that has so many in all (length)",
        **dict.fromkeys(("index", "id", "title", "source", "text"), TEXT),
        **dict.fromkeys(("line", "length", "start", "end", "generation"), COUNT),
        meta=META,
        picture=FLAG,
    ),
    "AddReply": table(
        "What adding documents changed",
        index=TEXT,
        report={"type": "object", "description": "Counts of documents: added, changed, removed, unchanged …"},
        generation=COUNT,
    ),
    "DeleteReply": table("How many documents were deleted", index=TEXT, deleted=COUNT, generation=COUNT),
    "InfoReply": table(
        "What is served, and what the caller may do",
        ragqa=TEXT,
        writable=FLAG,
        actions=many(TEXT),
        file_bytes=COUNT,
        feedback=FLAG,
        mcp=or_null(TEXT),
        indexes={"type": "object", "additionalProperties": SERVED},
    ),
    "SessionReply": table("A session", session=TEXT, index=TEXT, seconds=NUMBER),
    "FeedbackReply": table("What was taken", index=TEXT, generation=COUNT, question=TEXT, verdict=TEXT),
}
