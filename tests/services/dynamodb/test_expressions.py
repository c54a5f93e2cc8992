"""DynamoDB's expression language against recorded behaviour (``cases/dynamodb_expressions.json``) and its own laws."""

from __future__ import annotations

import copy
import json
from contextlib import suppress
from pathlib import Path as File
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_serverless.core.errors import AwsError
from mock_serverless.services.dynamodb.expressions import (
    bind,
    parse_condition,
    parse_projection,
    parse_update,
    unparse,
)
from mock_serverless.services.dynamodb.expressions.parser import (
    parse_condition_text,
    parse_projection_text,
    parse_update_text,
)
from mock_serverless.services.dynamodb.expressions.reserved import RESERVED, is_reserved
from mock_serverless.services.dynamodb.expressions.tree import (
    Action,
    And,
    Arithmetic,
    Between,
    Call,
    Clause,
    Comparison,
    In,
    Not,
    Or,
    Path,
    Projection,
    Ref,
    Update,
)
from mock_serverless.services.dynamodb.values import normalise_item

CASES = json.loads((File(__file__).parents[2] / "cases" / "dynamodb_expressions.json").read_text(encoding="utf-8"))


def named(cases: list[dict[str, Any]]) -> list[Any]:
    return [pytest.param(case, id=f"{i}-{json.dumps(case.get('e', case))[:70]}") for i, case in enumerate(cases)]


def request(parameter: str, case: dict[str, Any]) -> dict[str, Any]:
    given_ = {parameter: case["e"]}
    if "n" in case:
        given_["ExpressionAttributeNames"] = case["n"]
    if "v" in case:
        given_["ExpressionAttributeValues"] = case["v"]
    return given_


@pytest.mark.parametrize("case", named(CASES["conditions"]["cases"]))
@pytest.mark.parametrize("parameter", ["ConditionExpression", "FilterExpression"])
def test_conditions(case: dict[str, Any], parameter: str) -> None:
    item = normalise_item(CASES["conditions"]["item"])
    bound = bind("PutItem" if parameter == "ConditionExpression" else "Scan", request(parameter, case))
    condition = bound.condition or bound.filter
    assert condition is not None
    assert condition(item) is case["is"]
    assert condition(item) is case["is"]


@pytest.mark.parametrize("case", named(CASES["refusals"]))
def test_refusals(case: dict[str, Any]) -> None:
    for _ in range(2):  # the second time from the kept plan
        with pytest.raises(AwsError) as caught:
            bind(case["op"], case["with"])
        assert caught.value.code == "ValidationException"
        assert caught.value.message == case["says"]


@pytest.mark.parametrize("case", named(CASES["updates"]))
def test_updates(case: dict[str, Any]) -> None:
    old = normalise_item(case["item"])
    before = copy.deepcopy(old)
    update = bind("UpdateItem", request("UpdateExpression", case)).update
    assert update is not None
    exists = case.get("exists", True)
    if "error" in case:
        with pytest.raises(AwsError) as caught:
            update.apply(old, exists)
        assert caught.value.message == case["error"]
    else:
        new = update.apply(old, exists)
        assert new == normalise_item(case["new"])
        if "old" in case:
            assert update.project(old) == normalise_item(case["old"])
            assert update.project(new) == normalise_item(case["updated"])
        if "creates" in case:
            assert update.creates is case["creates"]
    assert old == before


@pytest.mark.parametrize("case", named(CASES["projections"]["cases"]))
def test_projections(case: dict[str, Any]) -> None:
    item = normalise_item(CASES["projections"]["item"])
    projection = bind("GetItem", request("ProjectionExpression", case)).projection
    assert projection is not None
    assert projection(item) == case["gives"]


@pytest.mark.parametrize("case", named(CASES["keys"]))
def test_key_conditions(case: dict[str, Any]) -> None:
    condition = bind("Query", request("KeyConditionExpression", case)).key_condition
    assert condition is not None
    hash_schema = [tuple(pair) for pair in case["hash"]]
    range_schema = [tuple(pair) for pair in case.get("range", [])]
    if "error" in case:
        with pytest.raises(AwsError) as caught:
            condition.against(hash_schema, range_schema)
        assert caught.value.message == case["error"]
        return
    match = condition.against(hash_schema, range_schema)
    test = match.test and [match.test.name, match.test.operator, list(match.test.values)]
    assert [list(match.hash), list(match.equal), test] == case["finds"]


def test_every_case_has_a_source() -> None:
    groups = [CASES["conditions"]["cases"], CASES["refusals"], CASES["updates"]]
    groups += [CASES["projections"]["cases"], CASES["keys"]]
    assert {case["source"] for group in groups for case in group} <= CASES["sources"].keys()


# Limits ("Constraints" of the developer guide; the answers as ScyllaDB's test_limits.py records them)


def fault(text: str, parameter: str = "ConditionExpression") -> str | None:
    try:
        if parameter == "UpdateExpression":
            parse_update(text)
        else:
            parse_condition(text, parameter)
    except AwsError as error:
        return error.message.removeprefix(f"Invalid {parameter}: ")
    return None


TOO_MANY = "The expression contains too many operators; operator count: 301"
REDUNDANT = "The expression has redundant parentheses;"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a" + " " * 4093 + "<b", None),
        ("a" + " " * 4094 + "<b", "Expression size has exceeded the maximum allowed size;"),
        ("(" * 15000, "Expression size has exceeded the maximum allowed size;"),
        ("a<b " + "or (a<b " * 149 + ")" * 149, None),
        ("a<b " + "or (a<b " * 454 + ")" * 454, TOO_MANY),
        ("a<b" + " or a<b" * 150, TOO_MANY),
        ("not (" * 299 + "a<b" + ")" * 299, None),
        ("not " * 1000 + "a<b", TOO_MANY),
        ("(" * 4096, 'Syntax error; token: "<EOF>", near: "("'),
        ("(" * 2046 + "a<b" + ")" * 2046, REDUNDANT),
        ("((a)) < b", REDUNDANT),
        ("a < ((b))", REDUNDANT),
        ("f(((a)))", REDUNDANT),
        ("(((a.b))[1]) < c", REDUNDANT),
        ("((a).b) < c", None),
        ("a < " + "f(" * 1355 + "b" + ")" * 1355, "Invalid function name; function: f"),
        ("a in (" + ",".join(["b"] * 100) + ")", None),
        ("a." + "b." * 30 + "c < d", None),
    ],
    ids=lambda value: str(value)[:40],
)
def test_limits(text: str, message: str | None) -> None:
    assert fault(text) == message


def test_limits_of_paths_and_options() -> None:
    assert "number of operands: 101" in str(fault("a in (" + ",".join(["b"] * 101) + ")"))
    assert "nesting levels: 33" in str(fault("a." + "b." * 31 + "c < d"))
    assert "[99999999999]" in str(fault("a[99999999999] < d"))


def test_an_update_of_deeply_nested_functions() -> None:
    nested = "if_not_exists(a, " * 200 + ":v" + ")" * 200
    assert fault(f"SET a = {nested}", "UpdateExpression") is None
    update = bind(
        "UpdateItem", {"UpdateExpression": f"SET a = {nested}", "ExpressionAttributeValues": {":v": {"N": "1"}}}
    ).update
    assert update is not None
    assert update.apply({}) == {"a": {"N": "1"}}
    assert fault("SET a = " + "f(" * 1300 + "a" + ")" * 1300, "UpdateExpression") is not None


def test_an_item_nests_no_deeper_by_an_update() -> None:
    deep: dict[str, Any] = {"S": "x"}
    for _ in range(30):
        deep = {"M": {"a": deep}}
    item = normalise_item({"a": {"M": {"b": {"M": {}}}}})
    given_ = {"ExpressionAttributeValues": {":v": deep}}
    one = bind("UpdateItem", {"UpdateExpression": "SET a.c = :v", **given_}).update
    two = bind("UpdateItem", {"UpdateExpression": "SET a.b.c = :v", **given_}).update
    assert one is not None
    assert two is not None
    one.apply(item)
    with pytest.raises(AwsError, match="Nesting Levels have exceeded supported limits"):
        two.apply(item)


def test_the_values_of_a_request_have_a_limit() -> None:
    values = {f":v{i}": {"S": "x" * 300_000} for i in range(8)}
    text = "a IN (" + ", ".join(values) + ")"
    with pytest.raises(AwsError, match="exceeds max size"):
        bind("Scan", {"FilterExpression": text, "ExpressionAttributeValues": values})
    del values[":v7"], values[":v6"]
    bind("Scan", {"FilterExpression": "a IN (" + ", ".join(values) + ")", "ExpressionAttributeValues": values})


def test_reserved_words() -> None:
    assert len(RESERVED) == 573
    assert is_reserved("Name")
    assert is_reserved("zone")
    assert not is_reserved("pk")


def test_one_request_with_several_expressions() -> None:
    bound = bind(
        "UpdateItem",
        {
            "UpdateExpression": "SET #a.x = :v REMOVE b",
            "ConditionExpression": "#a.y = :w OR attribute_not_exists(c)",
            "ExpressionAttributeNames": {"#a": "a"},
            "ExpressionAttributeValues": {":v": {"N": "1"}, ":w": {"N": "2"}},
        },
    )
    assert bound.update is not None
    assert bound.update.touched == ("a", "b")
    assert bound.update.paths == (("a", "x"), ("b",))
    assert bound.condition is not None
    assert bound.condition.paths == (("a", "y"), ("c",))
    assert bound.condition({})
    assert bound.key_condition is bound.filter is bound.projection is None


def test_nothing_to_bind() -> None:
    bound = bind("GetItem", {"TableName": "t", "Key": {}})
    assert bound.projection is None


def test_what_is_projected_is_a_copy() -> None:
    item = normalise_item({"a": {"L": [{"M": {"b": {"SS": ["x"]}}}]}})
    projection = bind("GetItem", {"ProjectionExpression": "a[0]"}).projection
    assert projection is not None
    projection(item)["a"]["L"][0]["M"]["b"]["SS"].append("y")
    assert item == {"a": {"L": [{"M": {"b": {"SS": ["x"]}}}]}}


# Laws

names = st.sampled_from(["a", "b1", "c_d", "#n", "#0", "Pk"])
paths = st.builds(lambda head, tail: Path((head, *tail)), names, st.lists(names | st.integers(0, 20), max_size=3))
refs = st.sampled_from([Ref(":v"), Ref(":0"), Ref(":w_1")])
plain = paths | refs
arguments = st.lists(plain, min_size=1, max_size=3).map(tuple)
operands = plain | st.builds(Call, st.sampled_from(["size", "f"]), arguments)
primitive = (
    st.builds(Comparison, st.sampled_from(["=", "<>", "<", "<=", ">", ">="]), operands, operands)
    | st.builds(Between, operands, operands, operands)
    | st.builds(In, operands, st.lists(operands, min_size=1, max_size=3).map(tuple))
    | st.builds(Call, st.sampled_from(["attribute_exists", "contains"]), arguments)
)
conditions = st.recursive(
    primitive,
    lambda inner: (
        st.builds(Not, inner)
        | st.builds(And, st.lists(inner, min_size=2, max_size=3).map(tuple))
        | st.builds(Or, st.lists(inner, min_size=2, max_size=3).map(tuple))
    ),
    max_leaves=12,
)
functions = st.recursive(
    plain,
    lambda inner: st.builds(
        Call,
        st.sampled_from(["if_not_exists", "list_append"]),
        st.lists(inner, min_size=1, max_size=2).map(tuple),
    ),
    max_leaves=5,
)
sums = st.builds(Arithmetic, st.sampled_from("+-"), functions, functions)
actions = {
    "SET": st.builds(Action, paths, functions | sums),
    "REMOVE": st.builds(Action, paths),
    "ADD": st.builds(Action, paths, refs),
    "DELETE": st.builds(Action, paths, refs),
}
clauses = st.sampled_from(sorted(actions)).flatmap(
    lambda keyword: st.builds(Clause, st.just(keyword), st.lists(actions[keyword], min_size=1, max_size=3).map(tuple))
)
updates = st.builds(Update, st.lists(clauses, min_size=1, max_size=4).map(tuple))
projections = st.builds(Projection, st.lists(paths, min_size=1, max_size=4).map(tuple))


@settings(max_examples=150, deadline=None)
@given(conditions)
def test_a_printed_condition_parses_to_itself(tree: Any) -> None:
    assert parse_condition_text(unparse(tree)) == tree


@settings(max_examples=100, deadline=None)
@given(updates)
def test_a_printed_update_parses_to_itself(tree: Update) -> None:
    assert parse_update_text(unparse(tree)) == tree


@settings(max_examples=50, deadline=None)
@given(projections)
def test_a_printed_projection_parses_to_itself(tree: Projection) -> None:
    assert parse_projection_text(unparse(tree)) == tree


def test_the_trees_of_a_request_print() -> None:
    assert unparse(parse_condition("NOT (a=:v  or b =:v) and c[0].d in(:v)")) == (
        "NOT (a = :v OR b = :v) AND c[0].d IN (:v)"
    )
    assert unparse(parse_update("set a=(b+:v) remove c[ 1 ]")) == "SET a = b + :v REMOVE c[1]"
    assert unparse(parse_projection("a . b,c")) == "a.b, c"


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="ab#:v01()[],.<>=+- \tANDORNOTsize_", max_size=25))
def test_any_text_is_parsed_or_refused(text: str) -> None:
    for operation, parameter in (
        ("PutItem", "ConditionExpression"),
        ("UpdateItem", "UpdateExpression"),
        ("GetItem", "ProjectionExpression"),
        ("Query", "KeyConditionExpression"),
    ):
        with suppress(AwsError):  # anything else is a bug
            bind(operation, {parameter: text})


scalars = st.integers(-5, 5).map(lambda n: {"N": str(n)}) | st.sampled_from("abc").map(lambda s: {"S": s})
documents = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda elements: {"L": elements})
        | st.dictionaries(st.sampled_from("abc"), inner, max_size=3).map(lambda fields: {"M": fields})
    ),
    max_leaves=8,
)
items = st.dictionaries(st.sampled_from("abc"), documents, max_size=3)
document_paths = st.builds(
    lambda head, tail: head + "".join(tail),
    st.sampled_from("abc"),
    st.lists(st.sampled_from([".a", ".b", "[0]", "[1]", "[2]"]), max_size=2),
)


@settings(max_examples=200, deadline=None)
@given(items, st.lists(document_paths, min_size=1, max_size=3))
def test_an_update_leaves_the_old_item_alone(item: dict[str, Any], written: list[str]) -> None:
    before = copy.deepcopy(item)
    text = f"SET {written[0]} = :v" + (f" REMOVE {', '.join(written[1:])}" if written[1:] else "")
    try:
        update = bind("UpdateItem", {"UpdateExpression": text, "ExpressionAttributeValues": {":v": {"N": "9"}}}).update
        assert update is not None
        new = update.apply(item)
    except AwsError:
        pass
    else:
        assert normalise_item(new) == new
    assert item == before
