"""Statements do what the other operations do, on any table; whatever is said gives an answer of AWS's."""

from __future__ import annotations

import json
import re
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_serverless import Cloud
from mock_serverless.core import operation
from mock_serverless.core.errors import AwsError

from .test_cases import DEFINITIONS

VALUES: dict[str, dict[str, Any]] = {
    "'x'": {"S": "x"},
    "'xy'": {"S": "xy"},
    "1": {"N": "1"},
    "-2.5": {"N": "-2.5"},
    "true": {"BOOL": True},
    "null": {"NULL": True},
    "[1, 'x']": {"L": [{"N": "1"}, {"S": "x"}]},
    "<<1, 2>>": {"NS": ["1", "2"]},
    "<<'x'>>": {"SS": ["x"]},
    "{'x': 'x'}": {"M": {"x": {"S": "x"}}},
}
LITERALS = list(VALUES)
PLACEHOLDERS = {literal: f":v{number}" for number, literal in enumerate(LITERALS)}
KINDS = ("S", "N", "BOOL", "NULL", "L", "NS", "M")
KIND_VALUES = {f":is{kind}": {"S": kind} for kind in KINDS}
SORTS = {"sk = 2": ":two", "sk < 2": ":two", "sk >= 2": ":two", "sk BETWEEN 1 AND 2": ":one :two"}
KEYS: dict[str, dict[str, Any]] = {":p": {"S": "p"}, ":one": {"N": "1"}, ":two": {"N": "2"}}
BOUND = {**{PLACEHOLDERS[literal]: value for literal, value in VALUES.items()}, **KIND_VALUES, **KEYS}

Pair = tuple[str, str]
"""A condition in PartiQL, and in the language of expressions."""


def used(*parts: str | None) -> dict[str, Any]:
    """The placeholders' values that expressions use."""
    found = {name: BOUND[name] for part in parts for name in re.findall(r":\w+", part or "")}
    return {"ExpressionAttributeValues": found} if found else {}


def pair(template: str, *literals: str) -> Pair:
    return template.format(*literals), template.format(*(PLACEHOLDERS[literal] for literal in literals))


scalars = st.sampled_from(LITERALS[:4])
literals = st.sampled_from(LITERALS)
places = st.sampled_from(["a", "b", "b.x", "b[0]", "nil"])
comparisons = st.sampled_from(["=", "<>", "<", "<=", ">", ">="])
tests = st.one_of(
    st.builds(lambda p, o, v: pair(f"{p} {o} {{}}", v), places, comparisons, scalars),
    st.builds(lambda p, o, v: pair(f"{p} {o} {{}}", v), places, st.sampled_from(["=", "<>"]), literals),
    st.builds(lambda p, v: pair(f"{p} IN ({{}}, {{}})", *v), places, st.tuples(literals, literals)),
    st.builds(lambda p: pair(f"{p} BETWEEN {{}} AND {{}}", "-2.5", "1"), places),
    st.builds(lambda p, v: pair(f"begins_with({p}, {{}})", v), places, st.sampled_from(["'x'", "'xy'"])),
    st.builds(lambda p, v: pair(f"contains({p}, {{}})", v), places, scalars),
    st.builds(lambda p, o: pair(f"size({p}) {o} {{}}", "1"), places, comparisons),
    st.builds(
        lambda p, k: (f"attribute_type({p}, '{k}')", f"attribute_type({p}, :is{k})"), places, st.sampled_from(KINDS)
    ),
    st.builds(lambda p: (f"{p} IS MISSING", f"attribute_not_exists({p})"), places),
    st.builds(lambda p: (f"{p} IS NOT MISSING", f"attribute_exists({p})"), places),
    st.builds(lambda p: (f"{p} IS NULL", f"attribute_type({p}, :isNULL)"), places),
    st.builds(
        lambda p, q, o: (f"{p} {o} {q}", f"{p} {o} {q}"), st.just("a"), st.sampled_from(["b", "b.x"]), comparisons
    ),
)
conditions = st.recursive(
    tests,
    lambda inner: st.one_of(
        st.builds(
            lambda a, b, o: (f"({a[0]} {o} {b[0]})", f"({a[1]} {o} {b[1]})"),
            inner,
            inner,
            st.sampled_from(["AND", "OR"]),
        ),
        st.builds(lambda a: (f"(NOT {a[0]})", f"(NOT {a[1]})"), inner),
    ),
    max_leaves=4,
)
attributes = st.dictionaries(st.sampled_from(["a", "b"]), st.sampled_from(list(VALUES.values())))
tables = st.dictionaries(st.tuples(st.sampled_from("pq"), st.integers(0, 3)), attributes, max_size=7)


@pytest.fixture(scope="module")
def empty() -> tuple[Cloud, Any]:
    cloud = Cloud()
    parameters = {"TableName": "tab", "BillingMode": "PAY_PER_REQUEST", **DEFINITIONS["numbers"]}
    cloud.call("dynamodb", "CreateTable", parameters)
    return cloud, cloud.snapshot()


def fill(cloud: Cloud, items: dict[tuple[str, int], dict[str, Any]]) -> None:
    for (pk, sk), more in items.items():
        cloud.call("dynamodb", "PutItem", {"TableName": "tab", "Item": {"pk": {"S": pk}, "sk": {"N": str(sk)}, **more}})


def outcome(cloud: Cloud, name: str, request: dict[str, Any]) -> Any:
    """The answer, or code and message."""
    try:
        return cloud.call("dynamodb", name, request)
    except AwsError as error:
        return error.code, error.message


def pages(cloud: Cloud, name: str, request: dict[str, Any], token: str, start: str) -> list[Any]:
    """Items and capacity of each page."""
    found: list[Any] = []
    more: dict[str, Any] = {}
    while True:
        answer = cloud.call("dynamodb", name, {**request, **more, "ReturnConsumedCapacity": "TOTAL"})
        found.append((answer["Items"], answer["ConsumedCapacity"]))
        if start not in answer:
            return found
        more = {token: answer[start]}


@settings(max_examples=100, deadline=None)
@given(
    tables,
    st.none() | conditions,
    st.none() | st.sampled_from(["", *SORTS]),
    st.integers(1, 4) | st.none(),
    st.booleans(),
)
def test_a_select_reads_what_query_and_scan_read(
    empty: tuple[Cloud, Any],
    items: dict[tuple[str, int], dict[str, Any]],
    condition: Pair | None,
    sort: str | None,
    limit: int | None,
    consistent: bool,
) -> None:
    """``sort``: None for a scan, else what is said of the sort key."""
    cloud, snapshot = empty
    cloud.restore(snapshot)
    fill(cloud, items)
    options: dict[str, Any] = {"ConsistentRead": consistent, **({} if limit is None else {"Limit": limit})}
    where = [] if condition is None else [condition[0]]
    native: dict[str, Any] = {} if condition is None else {"FilterExpression": condition[1]}
    if sort is not None:
        where += ["pk = 'p'", *([sort] if sort else [])]
        native["KeyConditionExpression"] = "pk = :p" + _with_placeholders(sort)
    statement = "SELECT * FROM tab" + (f" WHERE {' AND '.join(where)}" if where else "")
    native |= {"TableName": "tab", **used(*native.values())}
    name = "Scan" if sort is None else "Query"
    selected = pages(cloud, "ExecuteStatement", {"Statement": statement, **options}, "NextToken", "NextToken")
    assert selected == pages(cloud, name, {**native, **options}, "ExclusiveStartKey", "LastEvaluatedKey")


def _with_placeholders(sort: str) -> str:
    return sort and " AND " + sort.replace("1", ":one").replace("2", ":two")


CHANGES = {
    "a": [
        ("SET a = -2.5", "SET", "a = :v3"),
        ("SET a = a + 1", "SET", "a = a + :v2"),
        ("SET a = b - 1", "SET", "a = b - :v2"),
        ("SET a = b", "SET", "a = b"),
        ("SET a = set_add(a, <<1, 2>>)", "ADD", "a :v7"),
        ("SET a = set_delete(a, <<1, 2>>)", "DELETE", "a :v7"),
        ("REMOVE a", "REMOVE", "a"),
    ],
    "b": [
        ("SET b.x = 'xy'", "SET", "b.x = :v1"),
        ("SET b = list_append(b, [1, 'x'])", "SET", "b = list_append(b, :v6)"),
        ("SET b[0] = {'x': 'x'}", "SET", "b[0] = :v9"),
        ("REMOVE b[0]", "REMOVE", "b[0]"),
        ("REMOVE b.x", "REMOVE", "b.x"),
    ],
}
changes = st.tuples(st.sampled_from(CHANGES["a"]), st.sampled_from(CHANGES["b"])) | st.sampled_from(
    [(change,) for change in CHANGES["a"] + CHANGES["b"]]
)
wheres = st.none() | conditions
returns = st.sampled_from(["ALL OLD", "ALL NEW", "MODIFIED OLD", "MODIFIED NEW"])
RETURN_VALUES = {"MODIFIED": "UPDATED", "ALL": "ALL"}


def items_of(cloud: Cloud) -> Any:
    return cloud.call("dynamodb", "Scan", {"TableName": "tab"})["Items"]


def agree(
    empty: tuple[Cloud, Any],
    items: dict[tuple[str, int], dict[str, Any]],
    statement: str,
    name: str,
    native: dict[str, Any],
) -> None:
    """A statement and another operation do the same: alone, in a batch, and in a transaction."""
    cloud, snapshot = empty
    cloud.restore(snapshot)
    fill(cloud, items)
    filled_, mode = cloud.snapshot(), {"ReturnConsumedCapacity": "INDEXES"}
    native |= {"TableName": "tab", **mode}
    expected, left = outcome(cloud, name, native), items_of(cloud)
    cloud.restore(filled_)
    found = outcome(cloud, "ExecuteStatement", {"Statement": statement, **mode})
    assert items_of(cloud) == left
    if isinstance(expected, tuple):
        assert found == expected
    else:
        returned = expected.get("Attributes")
        assert found == {"Items": [returned] if returned else [], "ConsumedCapacity": expected["ConsumedCapacity"]}
    cloud.restore(filled_)
    (response,) = cloud.call("dynamodb", "BatchExecuteStatement", {"Statements": [{"Statement": statement}]})[
        "Responses"
    ]
    assert items_of(cloud) == left
    if isinstance(expected, tuple):
        assert response["Error"]["Message"] == expected[1]
    else:
        assert response == {"TableName": "tab", **({"Item": returned} if returned else {})}
    cloud.restore(filled_)
    plain_statement = statement.partition(" RETURNING")[0]
    done = outcome(cloud, "ExecuteTransaction", {"TransactStatements": [{"Statement": plain_statement}]})
    assert items_of(cloud) == left
    assert isinstance(done, tuple) is isinstance(expected, tuple)


@settings(max_examples=60, deadline=None)
@given(tables, changes, wheres, returns)
def test_an_update_does_what_update_item_does(
    empty: tuple[Cloud, Any],
    items: dict[tuple[str, int], dict[str, Any]],
    clauses: tuple[tuple[str, str, str], ...],
    where: Pair | None,
    returned: str,
) -> None:
    update = " ".join(
        f"{kind} {', '.join(native for _, k, native in clauses if k == kind)}"
        for kind in dict.fromkeys(kind for _, kind, _ in clauses)
    )
    condition = "attribute_exists(pk)" + (f" AND {where[1]}" if where else "")
    what, image = returned.split()
    statement = f"UPDATE tab {' '.join(text for text, _, _ in clauses)} WHERE pk = 'p' AND sk = 1"
    agree(
        empty,
        items,
        statement + (f" AND {where[0]}" if where else "") + f" RETURNING {returned} *",
        "UpdateItem",
        {
            "Key": {"pk": {"S": "p"}, "sk": {"N": "1"}},
            "UpdateExpression": update,
            "ConditionExpression": condition,
            "ReturnValues": f"{RETURN_VALUES[what]}_{image}",
            **used(update, condition),
        },
    )


@settings(max_examples=40, deadline=None)
@given(tables, wheres)
def test_a_delete_does_what_delete_item_does(
    empty: tuple[Cloud, Any], items: dict[tuple[str, int], dict[str, Any]], where: Pair | None
) -> None:
    """Recorded: an item that isn't there is no failed condition."""
    condition = "attribute_not_exists(pk)" + (f" OR {where[1]}" if where else " OR attribute_exists(pk)")
    agree(
        empty,
        items,
        "DELETE FROM tab WHERE sk = 1 AND pk = 'p'" + (f" AND {where[0]}" if where else "") + " RETURNING ALL OLD *",
        "DeleteItem",
        {
            "Key": {"pk": {"S": "p"}, "sk": {"N": "1"}},
            "ConditionExpression": condition,
            "ReturnValues": "ALL_OLD",
            **used(condition),
        },
    )


@settings(max_examples=40, deadline=None)
@given(tables, st.sampled_from(LITERALS))
def test_an_insert_puts_a_new_item(
    empty: tuple[Cloud, Any], items: dict[tuple[str, int], dict[str, Any]], literal: str
) -> None:
    cloud, snapshot = empty
    cloud.restore(snapshot)
    fill(cloud, items)
    before = items_of(cloud)
    statement = f"INSERT INTO tab VALUE {{'pk': 'p', 'sk': 1, 'a': {literal}}}"
    found = outcome(cloud, "ExecuteStatement", {"Statement": statement})
    if ("p", 1) in items:
        assert found == ("DuplicateItemException", "Duplicate primary key exists in table")
        assert items_of(cloud) == before
    else:
        assert found == {"Items": []}
        fill(cloud, {("p", 1): {"a": VALUES[literal]}})
        after = items_of(cloud)
        cloud.restore(snapshot)
        fill(cloud, {**items, ("p", 1): {"a": VALUES[literal]}})
        assert items_of(cloud) == after


# ---------------------------------------------------------------------- permissions and late reads


def test_policies_know_statements_by_their_verbs(cloud: Cloud) -> None:
    """Developer guide: IAM security policies with PartiQL for DynamoDB."""
    made = {"TableName": "tab", "BillingMode": "PAY_PER_REQUEST", **DEFINITIONS["indexed"]}
    arn = cloud.call("dynamodb", "CreateTable", made)["TableDescription"]["TableArn"]
    (index, *_) = DEFINITIONS["indexed"]["GlobalSecondaryIndexes"]
    on_index = f"{arn}/index/{index['IndexName']}"
    denied = {"dynamodb:PartiQLUpdate": arn, "dynamodb:PartiQLDelete": arn, "dynamodb:PartiQLSelect": on_index}
    rules = [
        {"Effect": "Deny", "Principal": "*", "Action": action, "Resource": resource}
        for action, resource in denied.items()
    ]
    policy = json.dumps({"Version": "2012-10-17", "Statement": rules})
    client = boto3.client("dynamodb")
    client.put_resource_policy(ResourceArn=arn, Policy=policy)
    client.execute_statement(Statement="INSERT INTO tab VALUE {'pk': 'a', 'sk': 'b'}")
    client.execute_statement(Statement="SELECT * FROM tab WHERE pk = 'a'")
    update, key = "UPDATE tab SET a = 1 WHERE pk = 'a' AND sk = 'b'", "WHERE pk = 'a' AND sk = 'b'"
    statements_ = [update, f"DELETE FROM tab {key}", f'SELECT * FROM tab."{index["IndexName"]}"']
    for statement, (action, resource) in zip(statements_, denied.items(), strict=True):
        with pytest.raises(ClientError, match=f"not authorized to perform: {action} on resource: {resource} with"):
            client.execute_statement(Statement=statement)
    with pytest.raises(ClientError, match="perform: dynamodb:PartiQLUpdate on"):
        client.execute_transaction(TransactStatements=[{"Statement": update}])
    (response,) = client.batch_execute_statement(Statements=[{"Statement": update}])["Responses"]
    assert response["Error"]["Code"] == "AccessDenied"


def test_a_select_that_is_not_consistent_may_be_late(empty: tuple[Cloud, Any]) -> None:
    cloud, snapshot = empty
    cloud.restore(snapshot)
    cloud.dynamodb.read_lag(5)
    fill(cloud, {("p", 1): {}, ("q", 1): {}})
    select = {"Statement": "SELECT * FROM tab WHERE pk IN ('p', 'q') AND sk = 1"}
    assert cloud.call("dynamodb", "ExecuteStatement", select) == {"Items": []}
    assert len(cloud.call("dynamodb", "ExecuteStatement", {**select, "ConsistentRead": True})["Items"]) == 2
    single = {"Statement": "SELECT * FROM tab WHERE pk = 'p' AND sk = 1"}
    assert cloud.call("dynamodb", "BatchExecuteStatement", {"Statements": [single]})["Responses"] == [
        {"TableName": "tab"}
    ]
    cloud.clock.advance(seconds=6)
    assert len(cloud.call("dynamodb", "ExecuteStatement", select)["Items"]) == 2


# ---------------------------------------------------------------------- whatever is said

_WORDS = """
SELECT INSERT INTO UPDATE DELETE FROM WHERE SET REMOVE VALUE RETURNING ALL OLD NEW MODIFIED * tab tab.idx "tab" pk sk a b
= <> != < <= > >= AND OR NOT IN BETWEEN IS MISSING NULL LIKE ORDER BY ASC DESC LIMIT GROUP COUNT EXISTS
( ) [ ] { } << >> , . : ; ?
'p' 'x' '' 1 -2.5 1e200 0x 'pk': 'sk': begins_with( contains( size( attribute_type( attribute_exists( list_append( set_add( f(
+ - / || true false ` " ' -- @ /* UNION CASE WHEN THEN END AS CREATE TABLE DROP é %
"""
VOCABULARY = _WORDS.split()
VALID = [
    "SELECT a , b FROM tab WHERE pk = 'p' AND sk IN ( 1 , 2 ) ORDER BY sk DESC",
    'SELECT * FROM "tab" WHERE ( a = ? OR size( b ) > 1 ) AND NOT pk IS MISSING',
    "INSERT INTO tab VALUE { 'pk': 'q' , 'sk': 1 , 'a': [ 1 , << 'x' >> ] }",
    "UPDATE tab SET a = a + 1 SET b = list_append( b , [ ? ] ) REMOVE c WHERE pk = 'p' AND sk = 1 RETURNING ALL OLD *",
    "DELETE FROM tab WHERE pk = 'p' AND sk = ? AND a BETWEEN 1 AND 2 RETURNING ALL OLD *",
    "EXISTS ( SELECT * FROM tab WHERE pk = 'p' AND sk = 1 AND a = 1 )",
]
vocabulary = st.sampled_from(VOCABULARY)


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """A good statement with some words taken away, put in, or put elsewhere."""
    parts = draw(st.sampled_from(VALID)).split()
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.integers(0, len(parts)))
        parts[place : place + draw(st.integers(0, 2))] = draw(st.lists(vocabulary, max_size=2))
    return draw(st.sampled_from([" ", ""])).join(parts) if draw(st.integers(0, 9)) == 0 else " ".join(parts)


said = st.one_of(mutated(), st.lists(vocabulary, max_size=12).map(" ".join), st.text(max_size=20))
given_values = st.lists(st.sampled_from([*VALUES.values(), {"N": "x"}, {"S": "p"}, {"NS": []}]), max_size=3)
UNMODELLED = {"ValidationException", "SerializationException", "AccessDeniedException"}


@settings(max_examples=200, deadline=None)
@given(said, given_values)
def test_whatever_is_said(empty: tuple[Cloud, Any], statement: str, values: list[dict[str, Any]]) -> None:
    """Nothing but answers and modelled errors, and the same text says the same twice."""
    cloud, snapshot = empty
    cloud.restore(snapshot)
    fill(cloud, {("p", 1): {"a": {"N": "1"}, "b": {"L": []}}})
    filled_ = cloud.snapshot()
    slot = {"Statement": statement, **({"Parameters": values} if values else {})}
    for name, request in (
        ("ExecuteStatement", slot),
        ("BatchExecuteStatement", {"Statements": [slot]}),
        ("ExecuteTransaction", {"TransactStatements": [slot]}),
    ):
        cloud.restore(filled_)
        found = outcome(cloud, name, request)
        cloud.restore(filled_)
        assert outcome(cloud, name, request) == found
        if isinstance(found, tuple):
            modelled = {e.name for e in operation.service_model("dynamodb").operation_model(name).error_shapes}
            assert found[0] in modelled | UNMODELLED
            assert found[1]
