"""DynamoDB against AWS's own DynamoDB Local: the same calls to both give the same.

    pytest -m reference                         20,000 calls, the same in every run
    pytest -m reference --reference-calls 100000 --reference-seed 7

What AWS does differently today is in ``cases/dynamodb_reference.json``, each with the reason; anything else is a failure. The
first one ends the run: calls which it doesn't need are left out, for some seconds, and what remains is shown. Only calls of
scenarios freshly drawn are counted. A seed gives the same calls in every run with the same version of hypothesis.
"""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded

from .calls import Scenario
from .compare import Disagreement, Pair
from .differences import CHECKS, TABLE, explanation, pattern
from .local import Local, wire
from .names import LOCAL_ARN, Names, Unknown
from .outcomes import Outcome
from .scenarios import scenarios

AT_ONCE = 250
"""Scenarios that hypothesis draws before the calls are counted."""

REDUCING = 20.0
"""Seconds at most for leaving calls out of a scenario in which the two differ."""


@pytest.fixture
def pair(dynamodb_local: Local) -> Iterator[Pair]:
    pair = Pair(dynamodb_local)
    yield pair
    print(f"\nhypothesis {hypothesis.__version__}; {pair.report()}")


@pytest.mark.reference
@pytest.mark.filterwarnings("ignore:Generating overly large repr")  # of a scenario: it would hide what is different
def test_the_same_calls_give_the_same(pair: Pair, request: pytest.FixtureRequest) -> None:
    wanted, first = (int(request.config.getoption(f"--reference-{name}")) for name in ("calls", "seed"))
    failed: list[Scenario] = []
    for number in itertools.count(first):
        if pair.calls >= wanted:
            break

        @seeded(number)
        @settings(
            max_examples=AT_ONCE,
            deadline=None,
            database=None,
            phases=(Phase.generate,),  # the first failure ends it
            suppress_health_check=list(HealthCheck),
        )
        @given(scenarios())
        def check(scenario: Scenario) -> None:
            try:
                pair.play(scenario)
            except Disagreement:
                failed.append(scenario)
                raise

        try:
            check()
        except Disagreement as difference:
            pytest.fail(reduced(pair, failed[-1], difference), pytrace=False)
    assert pair.calls >= wanted


def reduced(pair: Pair, scenario: Scenario, difference: Disagreement) -> str:
    """The difference, and the fewest calls found which show one of the same operation."""
    apart = Pair(pair.local)  # its calls are not counted
    until = time.monotonic() + REDUCING
    operation, calls = str(difference).partition(" ")[0], list(scenario.calls)
    for position in reversed(range(len(calls))):
        if time.monotonic() > until:
            break
        fewer = [*calls[:position], *calls[position + 1 :]]
        try:
            apart.play(Scenario(scenario.tables, tuple(fewer)))
        except Disagreement as still:
            if str(still).startswith(f"{operation} "):
                calls, difference = fewer, still
    used = {text for text in (t["TableName"] for t in scenario.tables) if text in repr(calls)}
    lines = [
        *(f"CreateTable {json.dumps(wire(t))}" for t in scenario.tables if t["TableName"] in used),
        *(f"{name} {json.dumps(wire(params))}" for name, params in calls),
    ]
    return f"{difference}\nin\n" + "\n".join(lines)


class Liar:
    """DynamoDB Local, which counts one item too many."""

    def __init__(self, local: Local) -> None:
        self.local = local

    def call(self, service: str, operation: str, params: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        status, body = self.local.call(service, operation, params)
        return status, body | {"Count": body["Count"] + 1} if body.get("Count") else body


@pytest.mark.reference
def test_a_difference_is_found_and_reduced(dynamodb_local: Local) -> None:
    pair = Pair(Liar(dynamodb_local))  # type: ignore[arg-type]
    table = {
        "TableName": "tab-one",
        "KeySchema": [{"AttributeName": "p", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "p", "AttributeType": "S"}],
        "BillingMode": "PAY_PER_REQUEST",
    }
    put, get = ({"TableName": "tab-one", name: {"p": {"S": "a"}}} for name in ("Item", "Key"))
    calls = (("GetItem", get), ("PutItem", put), ("GetItem", get), ("Scan", {"TableName": "tab-one"}))
    scenario = Scenario((table,), calls)
    with pytest.raises(Disagreement) as found:
        pair.play(scenario)
    lines = reduced(pair, scenario, found.value).splitlines()
    assert [line.partition(" ")[0] for line in lines[lines.index("in") :]] == ["in", "CreateTable", "PutItem"]


def test_the_table_of_differences() -> None:
    """Every row says what, why and from where, its patterns can be read, and what it demands can be checked."""
    for row in TABLE["differences"]:
        assert all(row[name] for name in ("what", "why", "source"))
        assert pattern(row["aws"]).groups >= 0
        assert pattern(row["reference"]).groups >= 0
        assert set(row.get("if", ())) <= set(CHECKS)
    assert all(pattern(kind).groups >= 0 for kind in TABLE["kinds"])


SINGLE = {"UpdateExpression": "SET a = size(b)"}
WRONG = "Invalid UpdateExpression: Incorrect operand type for operator or function; operator or function: {}, operand type: {}"
SAME = {"TransactItems": [{"Delete": {"TableName": "t", "Key": {"p": {"N": n}}}} for n in ("1", "1.0")]}
OTHER = {"TransactItems": [{"Delete": {"TableName": "t", "Key": {"p": {"N": n}}}} for n in ("1", "2")]}
BOTH = {"UpdateExpression": "ADD b :v REMOVE c[7]"}
NO_TYPE = "An operand in the update expression has an incorrect data type"
NO_PATH = "The document path provided in the update expression is invalid for update"
TWO = "Transaction request cannot include multiple operations on one item"


def refused(message: str, code: str = "ValidationException", **fields: Any) -> Outcome:
    return Outcome(fields, code, message)


def cancelled(*messages: str) -> Outcome:
    given = [{"Code": "ValidationError", "Message": text} if text else {"Code": "None"} for text in messages]
    return refused("Transaction cancelled", "TransactionCanceledException", CancellationReasons=given)


@pytest.mark.parametrize(
    ("operation", "params", "ours", "theirs", "explained"),
    [
        pytest.param(
            "UpdateItem", SINGLE, refused(WRONG.format("+", "S")), refused(WRONG.format("+", "N")), True, id="several"
        ),
        pytest.param(
            *("UpdateItem", {"UpdateExpression": "SET a = :b"}),
            *(refused(WRONG.format("+", "S")), refused(WRONG.format("+", "N")), False),
            id="one fault told in two ways",
        ),
        pytest.param("UpdateItem", BOTH, refused(NO_TYPE), refused(NO_PATH), True, id="two actions"),
        pytest.param(
            "UpdateItem",
            {"UpdateExpression": "ADD b[0] :v"},
            refused(NO_TYPE),
            refused(NO_PATH),
            False,
            id="one action",
        ),
        pytest.param("TransactWriteItems", SAME, refused(TWO), Outcome(), True, id="one item"),
        pytest.param("TransactWriteItems", OTHER, refused(TWO), Outcome(), False, id="two items"),
        pytest.param(
            *("TransactWriteItems", OTHER, cancelled("", "The provided key element does not match the schema")),
            *(refused("Invalid attribute value type"), True),
            id="the reason in other words",
        ),
        pytest.param(
            *("TransactWriteItems", OTHER, cancelled("", "The provided key element does not match the schema")),
            *(refused("No such thing"), False),
            id="another reason",
        ),
        pytest.param(
            *(
                "PutItem",
                {},
                refused("Number overflow."),
                refused("The parameter cannot be converted to a number"),
                False,
            ),
            id="one fault of a value",
        ),
        pytest.param(
            *("PutItem", {}, refused("Number overflow."), refused("The document path provided is invalid"), True),
            id="a value, and a path",
        ),
    ],
)
def test_a_row_explains_no_more_than_it_says(
    operation: str, params: dict[str, Any], ours: Outcome, theirs: Outcome, explained: bool
) -> None:
    assert (explanation(operation, params, ours, theirs) is not None) == explained


def test_names_are_told_by_tokens() -> None:
    stream = f"{LOCAL_ARN}table/tab-one-x/stream/2020-01-01T00:00:00.000"
    names = Names("-x", LOCAL_ARN)
    described = {
        "StreamDescription": {"StreamArn": stream, "Shards": [{"ShardId": "shardId-7"}], "TableName": "tab-one-x"}
    }
    told = names.canonical(described, {})["StreamDescription"]
    assert told == {"StreamArn": "<stream 0>", "Shards": [{"ShardId": "<shard 0 0>"}], "TableName": "tab-one"}
    names.canonical({"ShardIterator": f"000|{stream}|abc"}, {})
    record = {"dynamodb": {"SequenceNumber": "000000000000000000042"}}
    names.canonical({"Records": [record]}, {"ShardIterator": names.iterators[0]})
    sent = {"StreamArn": "<stream 5>", "ShardId": "<shard 0 -1>", "SequenceNumber": "<record 0 0>"}
    assert names.actual(sent) == {
        "StreamArn": stream,
        "ShardId": "shardId-7",
        "SequenceNumber": "000000000000000000042",
    }
    assert names.actual({"tab-two": [{"TableName": "tab-one"}]}) == {"tab-two-x": [{"TableName": "tab-one-x"}]}
    assert names.text(f"Stream: {stream} not found") == "Stream: <stream 0> not found"
    with pytest.raises(Unknown):
        Names().actual({"StreamArn": "<stream 0>"})
    names.spoilt.add("tab-one")
    with pytest.raises(Unknown):
        names.actual({"ShardIterator": "<iterator 0>"})
