"""DynamoDB's attribute values: what is accepted, in which form it is kept, how it compares, what it weighs."""

from __future__ import annotations

import copy
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_serverless.core.errors import AwsError
from mock_serverless.services.dynamodb.sizes import size_of, size_of_value
from mock_serverless.services.dynamodb.values import (
    add,
    compare,
    copy_item,
    depth_of,
    difference,
    equal,
    normalise_item,
    normalise_number,
    normalise_value,
    sort_key,
    type_of,
    union,
)

INVALID = "One or more parameter values were invalid: "
OVERFLOW = "Number overflow. Attempting to store a number with magnitude larger than supported range"
UNDERFLOW = "Number underflow. Attempting to store a number with magnitude smaller than supported range"
DIGITS = "Attempting to store more than 38 significant digits in a Number"
NOT_A_NUMBER = "The parameter cannot be converted to a numeric value"

# Sources: dynalite's and Alternator's suites (run against the service too); the number precision tests of the
# dynamodb-conformance project.
NUMBERS = [
    ("0", "0"),
    ("-0", "0"),
    ("+3", "3"),
    ("00042", "42"),
    ("0042.1200", "42.12"),
    ("1.0", "1"),
    ("3.1400", "3.14"),
    (".123", "0.123"),
    ("5.", "5"),
    ("1.5E2", "150"),
    ("1e+5", "100000"),
    ("-17.4E37", "-174" + "0" * 36),
    ("0e125", "0"),
    ("1e125", "1" + "0" * 125),
    ("1e-130", "0." + "0" * 129 + "1"),
    ("9.9999999999999999999999999999999999999E+125", "9" * 38 + "0" * 88),
    ("12345678901234567890123456789012345678", "12345678901234567890123456789012345678"),
    ("1234567890123456789012345678901234567800", "1234567890123456789012345678901234567800"),
    ("-0.00", "0"),
    ("0.000001", "0.000001"),
]
BAD_NUMBERS = [
    ("", NOT_A_NUMBER),
    ("dog", f"{NOT_A_NUMBER}: dog"),
    (" 1", f"{NOT_A_NUMBER}:  1"),
    ("1 ", f"{NOT_A_NUMBER}: 1 "),
    ("1\n", f"{NOT_A_NUMBER}: 1\n"),
    ("1_000", f"{NOT_A_NUMBER}: 1_000"),
    ("\u0661", f"{NOT_A_NUMBER}: \u0661"),
    ("\u00b2", f"{NOT_A_NUMBER}: \u00b2"),
    ("NaN", f"{NOT_A_NUMBER}: NaN"),
    ("-Infinity", f"{NOT_A_NUMBER}: -Infinity"),
    ("e5", f"{NOT_A_NUMBER}: e5"),
    (".", f"{NOT_A_NUMBER}: ."),
    ("1e126", OVERFLOW),
    ("-11e125", OVERFLOW),
    ("0e126", OVERFLOW),
    ("1e2147483646", OVERFLOW),
    ("1e-131", UNDERFLOW),
    ("0.9e-130", UNDERFLOW),
    ("0e-131", UNDERFLOW),
    ("1e-2147483646", UNDERFLOW),
    ("123456789012345678901234567890123456789", DIGITS),
    ("3.14159265358979323846264338327950288419", DIGITS),
    ("1" * 39 + "e30", DIGITS),
]


@pytest.mark.parametrize(("text", "kept"), NUMBERS)
def test_numbers(text: str, kept: str) -> None:
    assert normalise_number(text) == kept
    assert normalise_item({"a": {"N": text}}) == {"a": {"N": kept}}
    assert normalise_number(kept) == kept


@pytest.mark.parametrize(("text", "message"), BAD_NUMBERS)
def test_what_is_no_number(text: str, message: str) -> None:
    for value in ({"N": text}, {"NS": ["1", text]}, {"L": [{"N": text}]}):
        with pytest.raises(AwsError) as caught:
            normalise_item({"a": value})
        assert caught.value.code == "ValidationException"
        assert caught.value.message == message


EMPTY = "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"
AMBIGUOUS = (
    "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes"
)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({}, EMPTY),
        ({"X": 1}, EMPTY),
        ({"S": None}, EMPTY),
        ({"M": {"a": {}}}, EMPTY),
        ({"S": "a", "N": "1"}, AMBIGUOUS),
        ({"N": "", "S": "a"}, NOT_A_NUMBER),
        ({"NULL": False}, INVALID + "Null attribute value types must have the value of true"),
        ({"SS": []}, INVALID + "An string set  may not be empty"),
        ({"NS": []}, INVALID + "An number set  may not be empty"),
        ({"BS": []}, INVALID + "Binary sets should not be empty"),
        ({"SS": ["a", "a"]}, INVALID + "Input collection [a, a] contains duplicates."),
        ({"NS": ["1", "1.0"]}, "Input collection contains duplicates"),
        ({"BS": [b"a", b"a"]}, INVALID + "Input collection [YQ==, YQ==]of type BS contains duplicates."),
    ],
)
def test_refused_values(value: dict[str, Any], message: str) -> None:
    for wrapped in (value, {"L": [value]}, {"M": {"x": value}}):
        with pytest.raises(AwsError) as caught:
            normalise_item({"a": wrapped})
        assert caught.value.code == "ValidationException"
        assert caught.value.message == message


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"N": 1}, "NUMBER_VALUE cannot be converted to String"),
        ({"S": True}, "TRUE_VALUE cannot be converted to String"),
        ({"BOOL": 1}, "NUMBER_VALUE cannot be converted to Boolean"),
        ("text", "Unexpected value type in payload"),
    ],
)
def test_values_of_the_wrong_kind(value: Any, message: str) -> None:
    with pytest.raises(AwsError) as caught:
        normalise_item({"a": value})
    assert (caught.value.code, caught.value.message) == ("SerializationException", message)


def nested(levels: int) -> dict[str, Any]:
    value: dict[str, Any] = {"S": "leaf"}
    for level in range(levels):
        value = {"L": [value]} if level % 2 else {"M": {"a": value}}
    return value


def test_nesting() -> None:
    assert depth_of(normalise_value(nested(31))) == 31
    with pytest.raises(AwsError) as caught:
        normalise_value(nested(32))
    assert caught.value.message == (
        "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit"
    )


def test_what_is_kept_is_ours() -> None:
    given_ = {"a": {"L": [{"SS": ["x"]}]}, "b": {"M": {"c": {"B": bytearray(b"y")}}}, "s": {"S": ""}, "e": {"L": []}}
    kept = normalise_item(given_)
    given_["a"]["L"][0]["SS"].append("z")
    given_["b"]["M"].clear()
    assert kept == {"a": {"L": [{"SS": ["x"]}]}, "b": {"M": {"c": {"B": b"y"}}}, "s": {"S": ""}, "e": {"L": []}}
    assert type(kept["b"]["M"]["c"]["B"]) is bytes
    out = copy_item(kept)
    assert out == kept
    out["a"]["L"][0]["SS"].append("z")
    out["b"]["M"]["c"]["B"] = b"z"
    out["s"]["S"] = "z"
    assert kept["a"] == {"L": [{"SS": ["x"]}]}
    assert kept["b"] == {"M": {"c": {"B": b"y"}}}
    assert kept["s"] == {"S": ""}


# Measured at the 400 KB limit, by the dynamodb-conformance project in August 2026.
NUMBER_SIZES = {
    "0": 1,
    "1": 2,
    "12": 2,
    "123": 3,
    "1234": 3,
    "12345678901234567890123456789012345678": 20,
    "0042": 2,
    "100": 2,
    "1010": 3,
    "0.0000001": 2,
    "1E125": 2,
    "1E-100": 2,
    "1.5": 3,
    "15": 2,
    "1.2": 3,
    "1.200": 3,
    "1.234": 4,
    "3.14159": 5,
    "123456": 4,
    "100.5": 4,
    "0.15": 2,
    "-42": 3,
    "-0": 1,
}


@pytest.mark.parametrize(("text", "size"), NUMBER_SIZES.items())
def test_sizes_of_numbers(text: str, size: int) -> None:
    assert size_of_value(normalise_value({"N": text})) == size


def test_sizes() -> None:
    # "Item sizes and formats" of the developer guide
    assert size_of({"a": {"S": "abc"}, "\u00e9": {"S": "\u20ac"}}) == 4 + 5
    assert size_of({"a": {"BOOL": True}, "b": {"NULL": True}, "c": {"B": b"12"}}) == 2 + 2 + 3
    assert size_of({"a": {"SS": ["ab", "c"]}, "b": {"NS": ["1", "12"]}}) == 1 + 3 + 1 + 4
    assert size_of({"a": {"L": []}, "b": {"M": {}}}) == 4 + 4
    assert size_of({"a": {"L": [{"S": "ab"}, {"N": "1"}]}}) == 1 + 3 + (1 + 2) + (1 + 2)
    assert size_of({"a": {"M": {"xy": {"S": "ab"}}}}) == 1 + 3 + (1 + 2 + 2)


def test_comparing() -> None:
    assert compare({"N": "10"}, {"N": "9.5"}) == 1
    assert compare({"N": "-10"}, {"N": "-9"}) == -1
    assert compare({"S": "a"}, {"S": "a"}) == 0
    assert compare({"S": "\uffff"}, {"S": "\U0001f600"}) == -1
    assert compare({"B": b"\x7f"}, {"B": b"\x80"}) == -1
    assert compare({"S": "1"}, {"N": "1"}) is None
    assert compare({"BOOL": True}, {"BOOL": False}) is None
    assert equal({"N": "1.0"}, {"N": "1"})
    assert equal({"NS": ["1.0", "2"]}, {"NS": ["2", "1"]})
    assert equal({"M": {"a": {"L": [{"SS": ["x", "y"]}]}}}, {"M": {"a": {"L": [{"SS": ["y", "x"]}]}}})
    assert not equal({"M": {"a": {"S": "x"}}}, {"M": {"b": {"S": "x"}}})
    assert not equal({"L": [{"S": "x"}]}, {"L": []})
    assert not equal({"S": "1"}, {"N": "1"})
    assert type_of({"SS": ["x"]}) == "SS"
    assert union("SS", ["a", "c"], ["c", "b"]) == ["a", "b", "c"]
    assert union("NS", ["10"], ["9", "-1"]) == ["-1", "9", "10"]
    assert difference(["a", "b"], ["b", "c"]) == ["a"]


decimals = st.decimals(allow_nan=False, allow_infinity=False, min_value=-1_000_000, max_value=1_000_000, places=6)


@settings(max_examples=150, deadline=None)
@given(decimals, decimals)
def test_numbers_behave_as_numbers(a: Decimal, b: Decimal) -> None:
    one, two = normalise_number(str(a)), normalise_number(str(b))
    assert Decimal(one) == a
    assert Decimal(add(one, two)) == a + b
    assert Decimal(add(one, two, subtract=True)) == a - b
    assert (sort_key({"N": one}) < sort_key({"N": two})) == (a < b)
    assert (one == two) == (a == b)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=5), st.text(max_size=5))
def test_text_is_ordered_by_its_utf8_bytes(a: str, b: str) -> None:
    a, b = (text.encode("utf-8", "ignore").decode() for text in (a, b))
    assert (sort_key({"S": a}) < sort_key({"S": b})) == (a.encode() < b.encode())


values = st.recursive(
    st.one_of(
        st.text(max_size=3).map(lambda s: {"S": s}),
        st.integers().filter(lambda n: abs(n) < 10**38).map(lambda n: {"N": str(n)}),
        st.binary(max_size=3).map(lambda b: {"B": b}),
        st.booleans().map(lambda b: {"BOOL": b}),
        st.just({"NULL": True}),
        st.lists(st.text(max_size=2), min_size=1, max_size=3, unique=True).map(lambda s: {"SS": s}),
        st.lists(st.integers(-9, 9).map(str), min_size=1, max_size=3, unique=True).map(lambda s: {"NS": s}),
    ),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda elements: {"L": elements})
        | st.dictionaries(st.text(min_size=1, max_size=2), inner, max_size=3).map(lambda fields: {"M": fields})
    ),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.text(min_size=1, max_size=2), values, max_size=3))
def test_normalising_and_copying_keep_an_item(item: dict[str, Any]) -> None:
    kept = normalise_item(item)
    assert equal({"M": kept}, {"M": item})
    assert normalise_item(kept) == kept
    before = copy.deepcopy(kept)
    assert copy_item(kept) == before == kept
    assert size_of(kept) >= sum(len(name.encode()) for name in kept)
