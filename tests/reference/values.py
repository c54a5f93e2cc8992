"""Hypothesis strategies: names, attribute values, keys and items, mostly good and few enough to meet again."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

NAMES = ("a", "b", "c", "m", "l", "s", "n")
KEY_NAMES = ("p", "q", "g", "h")  # the table's keys, those of its indexes
TEXTS = ("a", "b", "ab", "abc", "é", "\U0001f600", "Z", "0", " ", "x" * 300)
GOOD_NUMBERS = (
    "0",
    "1",
    "2",
    "-1",
    "10",
    "1.50",
    "007",
    "1e2",
    "-0",
    "0.001",
    "1E-130",
    "9" * 38,
    "-12.5E3",
    "+4",
    ".5",
    "3.",
)
BAD_NUMBERS = ("x", "1e126", "1e-131", "1" * 39, "1.2.3", "--1", "NaN", "1e", "", " 1", "0x1", "1_0")
BINARIES = (b"a", b"b", b"ab", b"\x00", b"\xff\xfe", b"x" * 50)

texts = st.sampled_from(TEXTS)
numbers = st.sampled_from(GOOD_NUMBERS) | st.integers(-20, 20).map(str)
binaries = st.sampled_from(BINARIES)


def _distinct(members: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(members, min_size=1, max_size=3, unique=True)


scalars = st.one_of(
    texts.map(lambda v: {"S": v}),
    numbers.map(lambda v: {"N": v}),
    binaries.map(lambda v: {"B": v}),
    st.booleans().map(lambda v: {"BOOL": v}),
    st.just({"NULL": True}),
)
sets = st.one_of(
    _distinct(texts).map(lambda v: {"SS": v}),
    _distinct(st.sampled_from(("1", "2", "3", "4.5", "-1"))).map(lambda v: {"NS": v}),
    _distinct(binaries).map(lambda v: {"BS": v}),
)
containers = st.one_of(
    st.lists(scalars | sets, max_size=3).map(lambda v: {"L": v}),
    st.dictionaries(st.sampled_from(NAMES[:4]), scalars | sets, max_size=3).map(lambda v: {"M": v}),
    st.lists(st.dictionaries(st.sampled_from(NAMES[:2]), scalars, max_size=2).map(lambda v: {"M": v}), max_size=2).map(
        lambda v: {"L": v}
    ),
    st.just({"M": {"a": {"L": [{"N": "1"}, {"M": {"b": {"S": "x"}}}]}}}),
)
good_values = st.one_of(scalars, scalars, sets, containers)


def _nested(depth: int) -> dict[str, Any]:
    value: dict[str, Any] = {"S": "deep"}
    for level in range(depth):
        value = {"L": [value]} if level % 2 else {"M": {"m": value}}
    return value


bad_values = st.one_of(
    st.sampled_from(BAD_NUMBERS).map(lambda v: {"N": v}),
    st.sampled_from(
        (
            {},
            {"S": "a", "N": "1"},
            {"NULL": False},
            {"SS": []},
            {"NS": []},
            {"BS": []},
            {"SS": ["a", "a"]},
            {"NS": ["1", "1.0"]},
            {"BS": [b"a", b"a"]},
            {"NS": ["1", "x"]},
            {"M": {"a": {}}},
            {"L": [{"N": "x"}]},
            {"M": {"": {"S": "a"}}},
            {"L": [{"SS": []}]},
            {"M": {"a": {"S": "a", "N": "1"}}},
            {"SS": ["a", ""]},
        )
    ),
    st.integers(29, 34).map(_nested),
)

KEY_VALUES: dict[str, st.SearchStrategy[Any]] = {
    "S": st.sampled_from(("a", "b", "ab", "é")).map(lambda v: {"S": v}),
    "N": st.sampled_from(("0", "1", "1.0", "-1", "10", "2.5", "1e2")).map(lambda v: {"N": v}),
    "B": st.sampled_from((b"a", b"b", b"\xff")).map(lambda v: {"B": v}),
}
LONG = {
    "S": st.sampled_from((1024, 1025, 2048, 2049)).map(lambda n: {"S": "k" * n}),
    "B": st.sampled_from((1024, 1025, 2048, 2049)).map(lambda n: {"B": b"k" * n}),
    "N": st.just({"N": "9" * 38}),
}
