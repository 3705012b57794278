"""Whatever the metadata and the filter, both searches find exactly the documents that a plain reading of them does.

The oracle below works on Python values, a document at a time; the engines work on texts, terms and arrays.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragqa.config import IndexConfig
from ragqa.documents import Document
from ragqa.errors import ConfigError
from ragqa.filters import Filter, parse_conditions, parse_filter
from ragqa.index import facts
from ragqa.index.snapshot import Snapshot
from ragqa.index.writer import update
from ragqa.testing import HashEncoder

ENCODER = HashEncoder()
KEYS = ["a", "b", "a.b", "a=b", "é"]

dates = st.dates(date(2023, 12, 30), date(2024, 1, 2))
moments = st.datetimes(datetime(2023, 12, 31), datetime(2024, 1, 2), timezones=st.sampled_from([None, UTC]))
numbers = st.one_of(st.integers(-2, 3), st.sampled_from([0.5, 1.0, 2.5, -1.5, 2**60]))
texts = st.sampled_from(
    ["", "x", "X", "1", "1.0", "1.10", " 2 ", "true", "2024-01-01", "2024-13-01", "b=x", "x y", "nan"]
)
scalars = st.one_of(numbers, texts, st.booleans(), dates, moments)
values = st.one_of(scalars, st.lists(scalars, max_size=3))
metas = st.dictionaries(st.sampled_from(KEYS), values, max_size=4)
bounds = st.one_of(numbers, dates, moments, st.sampled_from(["1", "0.5", "2024-01-01", "2024-01-01T12:00:00"]))
tests = st.one_of(
    scalars,
    st.fixed_dictionaries({"ne": scalars}),
    st.fixed_dictionaries({"in": st.lists(scalars, max_size=3)}),
    st.fixed_dictionaries({"exists": st.booleans()}),
    st.sampled_from(["gt", "gte", "lt", "lte"]).flatmap(lambda name: st.fixed_dictionaries({name: bounds})),
    st.tuples(numbers, numbers).map(lambda pair: {"gt": pair[0], "lte": pair[1]}),
)
filters = st.dictionaries(st.sampled_from(KEYS), tests, min_size=1, max_size=3)


def elements(meta: Mapping[str, Any], key: str) -> list[Any]:
    value = meta.get(key, [])
    return value if isinstance(value, list) else [value]


def written(value: Any) -> str:
    if isinstance(value, date):
        return value.isoformat()
    return str(value).lower() if isinstance(value, bool) else str(value)


def same(own: Any, wanted: Any) -> bool:
    number = (int, float)
    if isinstance(own, number) and isinstance(wanted, number) and bool not in (type(own), type(wanted)):
        return own == wanted
    if isinstance(wanted, number) and not isinstance(wanted, bool) and wanted == int(wanted) and abs(wanted) < 2**53:
        return written(own) in (str(int(wanted)), str(float(wanted)))
    return written(own) == written(wanted)


def as_number(value: Any) -> float | None:
    try:
        return None if isinstance(value, (bool, date)) or "nan" in str(value) else float(value)
    except ValueError:
        return None


def as_moment(value: Any) -> datetime | None:
    try:
        found = datetime.fromisoformat(value.isoformat() if isinstance(value, date) else str(value))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def compares(own: Any, name: str, bound: Any) -> bool:
    number = as_number(bound)
    left: Any
    right: Any
    if number is not None:
        left, right = as_number(own), number
    else:
        left, right = as_moment(own), as_moment(bound)
        if left is not None and len(str(bound)) == len("2024-01-01"):
            left, right = left.date(), right.date()
    if left is None:
        return False
    return bool({"gt": left > right, "gte": left >= right, "lt": left < right, "lte": left <= right}[name])


def meets(meta: Mapping[str, Any], key: str, test: Any) -> bool:
    own = elements(meta, key)
    if not isinstance(test, Mapping):
        return any(same(one, test) for one in own)
    if "ne" in test:
        return not any(same(one, test["ne"]) for one in own)
    if "in" in test:
        return any(same(one, wanted) for one in own for wanted in test["in"])
    if "exists" in test:
        return bool(own) is test["exists"]
    return any(all(compares(one, name, bound) for name, bound in test.items()) for one in own)


def touching(meta: Mapping[str, Any], key: str) -> st.SearchStrategy[dict[str, Any]]:
    """Filters whose bounds and values are those of a document itself, where "more" and "at least" part."""
    own = [one for one in elements(meta, key) if as_number(one) is not None or as_moment(one) is not None]
    if not own:
        return st.just({key: {"exists": True}})
    names = ["gt", "gte", "lt", "lte"]
    return st.tuples(st.sampled_from(names), st.sampled_from(own)).map(lambda pair: {key: {pair[0]: pair[1]}})


def unknown(key: str, test: Any, documents: list[Document]) -> bool:
    asked = not isinstance(test, Mapping) or not {"ne", "exists"} & test.keys()
    return asked and not any(elements(document.meta, key) for document in documents)


@pytest.mark.parametrize("lexical", ["tantivy", "rank-bm25"])
@given(data=st.data())
def test_both_searches_agree_with_the_rules(
    lexical: str, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    found = data.draw(st.lists(metas, min_size=1, max_size=6))
    documents = [Document(f"d{number}", f"stone number {number}", meta=meta) for number, meta in enumerate(found)]
    index = tmp_path_factory.mktemp("index")
    update(index, IndexConfig(lexical=lexical), ENCODER, documents[: len(documents) // 2 + 1])
    update(index, IndexConfig(lexical=lexical), ENCODER, documents[len(documents) // 3 :])
    documents = documents[len(documents) // 3 :]
    snapshot = Snapshot.open(index)
    most = facts.MOST_TERMS
    near = [touching(document.meta, key) for document in documents for key in document.meta]
    for where in data.draw(st.lists(st.one_of(filters, *near), min_size=1, max_size=12)):
        if any(unknown(key, test, documents) for key, test in where.items()):
            with pytest.raises(ConfigError, match="no document has the metadata key"):
                snapshot.allowed(where)
            continue
        expected = {
            document.id for document in documents if all(meets(document.meta, key, test) for key, test in where.items())
        }
        for facts.MOST_TERMS in (most, 0):
            snapshot = Snapshot.open(index)
            allowed = snapshot.allowed(where)
            words = snapshot.lexical.search(["stone number"], 100, allowed).rows[0]
            vectors = snapshot.dense.search(ENCODER.encode_questions(["stone"]), 100, allowed).rows[0]
            for rows in (words, vectors):
                assert {passage.doc_id for passage in snapshot.passages(rows[rows >= 0])} == expected, where
        facts.MOST_TERMS = most


@pytest.mark.parametrize(
    ("texts", "where"),
    [
        (["team=ops"], {"team": "ops"}),
        (["team!=ops"], {"team": {"ne": "ops"}}),
        (["year>=2020", "year < 2025"], {"year": {"gte": 2020}}),
        (["team in ops, dev"], {"team": {"in": ["ops", "dev"]}}),
        (["author.name exists"], {"author.name": {"exists": True}}),
        (["author.name not exists"], {"author.name": {"exists": False}}),
        (["title=a<b >= c"], {"title": "a<b >= c"}),
        (["title=stay in bed"], {"title": "stay in bed"}),
        (["Discovery date = 1 "], {"Discovery date": "1"}),
        (["a= b"], {"a": " b"}),
        (["a="], {"a": ""}),
        (["day<=2024-05-31"], {"day": {"lte": date(2024, 5, 31)}}),
    ],
)
def test_conditions_on_the_command_line(texts: list[str], where: dict[str, Any]) -> None:
    found, expected = parse_conditions(texts), parse_filter(where)
    assert found is not None and expected is not None
    assert found.conditions[: len(expected.conditions)] == expected.conditions and len(found.conditions) == len(texts)
    assert hash(Filter(expected.conditions)) == hash(expected) and parse_filter(expected) is expected
    assert parse_conditions([]) is parse_filter({}) is parse_filter(None) is None


@pytest.mark.parametrize("text", ["topic", "=x", "", "a > b", "a>=true", " exists", "a in", "!=x"])
def test_what_is_no_condition(text: str) -> None:
    with pytest.raises(ConfigError) as error:
        parse_conditions([text])
    assert "\n" not in str(error.value) and "where" in str(error.value)


@pytest.mark.parametrize(
    "where",
    [
        5,
        {"a": ["x"]},
        {"a": {}},
        {"a": {"b": 1}},
        {"a": None},
        {"a": {"gt": True}},
        {"a": {"gt": "soon"}},
        {"a": {"gt": 1, "lt": "2024-01-01"}},
        {"a": {"exists": 1}},
        {"a": {"in": "x"}},
        {"a": float("nan")},
        {"a": {"lt": 10**400}},
        {"a": 10**5000},
        {1: "x"},
    ],
)
def test_what_is_no_filter(where: Any) -> None:
    with pytest.raises(ConfigError) as error:
        parse_filter(where)
    assert "\n" not in str(error.value) and len(str(error.value)) < 400
