"""PartiQL: what is refused and how (``cases/dynamodb_partiql.json``), and that texts and trees agree."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_serverless import Cloud
from mock_serverless.services.dynamodb.partiql import parse, tree, unparse
from mock_serverless.services.dynamodb.partiql.keywords import BINDING, SETS, TYPES

from .test_cases import DEFINITIONS, FOLDER, client, filled

CASES = json.loads((FOLDER / "dynamodb_partiql.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def dynamodb() -> Any:
    """Made outside the mock."""
    return client("dynamodb", "us-east-1")


@pytest.mark.parametrize("case", [pytest.param(case, id=case["name"]) for case in CASES["refusals"]])
def test_refused(case: dict[str, Any], dynamodb: Any, cloud: Cloud) -> None:
    for name in case["tables"]:
        dynamodb.create_table(**{"TableName": name, "BillingMode": "PAY_PER_REQUEST", **DEFINITIONS[name]})
    for table, item in case["items"]:
        dynamodb.put_item(TableName=table, Item=item)
    wrong = []
    for statement, message, *rest in case["refusals"]:
        params = {"Parameters": filled(rest[0], [])} if rest else {}
        try:
            said = f"no refusal: {dynamodb.execute_statement(Statement=statement, **params)['Items']}"
        except ClientError as error:
            said = f"{error.response['Error']['Code']}: {error.response['Error']['Message']}"
        if said != f"ValidationException: {message}":
            wrong.append((statement, said, message))
    assert not wrong


def test_keys_of_several_attributes(dynamodb: Any, cloud: Cloud) -> None:
    """Recorded: refused ahead of whatever else is wrong, in a batch for its statement alone."""
    shape = dynamodb.meta.service_model.operation_model("CreateTable").input_shape
    if "max" in shape.members["KeySchema"].metadata:
        pytest.skip("this botocore's model doesn't know keys of several attributes")
    dynamodb.create_table(
        TableName="wide",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n in ("pk", "a", "b")],
        BillingMode="PAY_PER_REQUEST",
        GlobalSecondaryIndexes=[
            {
                "IndexName": "multi",
                "KeySchema": [{"AttributeName": n, "KeyType": "HASH"} for n in ("a", "b")],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    )
    message = (
        "PartiQL statements cannot be executed on tables with multi-attribute HASH keys or multi-attribute RANGE keys."
    )
    for statement in ("SELECT * FROM wide.multi WHERE a = 'x' AND b = 'y'", "SELECT COUNT(*) FROM wide.multi"):
        with pytest.raises(ClientError) as caught:
            dynamodb.execute_statement(Statement=statement)
        assert caught.value.response["Error"] == {"Code": "ValidationException", "Message": message}
    fine = {"Statement": "SELECT * FROM wide WHERE pk = 'x'"}
    batch = [{"Statement": "SELECT * FROM wide.multi WHERE a = 'x'"}, fine]
    responses = dynamodb.batch_execute_statement(Statements=batch)["Responses"]
    assert responses == [{"Error": {"Code": "ValidationError", "Message": message}}, {"TableName": "wide"}]


# ---------------------------------------------------------------------- texts and trees

texts = st.text(max_size=6) | st.sampled_from(["a", "pk", "select", "O'Neil", 'say "x"'])
words = st.text(min_size=1, max_size=6) | st.sampled_from(["a", "b_1", "$c", "size", "value", "Old", "list"])
names = st.builds(tree.Name, words)
numbers = st.builds(tree.Literal, st.just("INT"), st.integers(-(10**40), 10**40).map(str)) | st.builds(
    tree.Literal, st.just("DECIMAL"), st.sampled_from(["1.5", "-0.25", "1e3", "-2E-7", "12.50"])
)
strings = st.builds(tree.Literal, st.just("STRING"), texts)
constants = (
    st.builds(tree.Literal, st.just("BOOL"), st.sampled_from(["true", "false"]))
    | st.just(tree.Literal("NULL", ""))
    | st.builds(tree.Literal, st.just("ION"), st.sampled_from(["a", "1", "{a: 'b'}"]))
)
plain = names | strings | constants | st.just(tree.Missing()) | st.just(tree.Parameter(0))
steps = st.builds(tree.Literal, st.just("STRING"), words) | numbers | names | st.just(tree.Missing())
simple_paths = names | st.builds(tree.Path, names, st.lists(steps, min_size=1, max_size=3).map(tuple))
functions = st.sampled_from(["begins_with", "size", "exists", "f", "select", "count", "a b"])
aggregates = st.sampled_from(["count", "sum", "avg", "min", "max"])
calculations = sorted(BINDING.keys() - {"not", "is", "is_not", "in", "not_in"} - {k for k in BINDING if "n_" in k})
infixes = [word for word in calculations if word not in SETS and not re.search("between|like", word)]


def _several(inner: st.SearchStrategy[Any], least: int = 0) -> st.SearchStrategy[Any]:
    return st.lists(inner, min_size=least, max_size=3).map(tuple)


def _larger(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    wild = st.builds(tree.Wild, st.sampled_from(["[*]", ".*"]))
    sequences = st.builds(tree.Sequence, st.sampled_from(["list", "bag"]), _several(inner))
    return st.one_of(
        st.builds(tree.Path, names | sequences, st.lists(steps | wild, min_size=1, max_size=3).map(tuple)),
        st.builds(tree.Call, functions, _several(inner)),
        st.builds(tree.Aggregate, aggregates, inner, st.booleans()),
        st.just(tree.Aggregate("count", None, False)),
        st.builds(tree.Prefix, st.sampled_from(["-", "+"]), inner.map(_no_number)),
        st.builds(tree.Prefix, st.just("not"), inner),
        st.builds(tree.Prefix, st.just("@"), names),
        st.builds(tree.Infix, st.sampled_from(infixes + sorted(SETS)), inner, inner),
        st.builds(tree.Infix, st.just("in"), inner, names | simple_paths | sequences),
        st.builds(tree.Between, inner, inner, inner),
        st.builds(tree.Like, inner, inner, st.none() | inner),
        st.builds(tree.IsType, inner, st.sampled_from(sorted(TYPES))),
        sequences,
        st.builds(tree.Struct, _several(st.tuples(inner, inner))),
        selects(inner),
    )


def _no_number(found: Any) -> Any:
    """A sign before a number is part of the number."""
    return tree.Name("n") if isinstance(found, tree.Literal) and found.kind in ("INT", "DECIMAL") else found


def _no_path(found: Any) -> Any:
    """A path in a select list ends in no star but the item's own."""
    return found.root if isinstance(found, tree.Path) else found


def selects(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    aliases = st.none() | words
    starred = st.builds(tree.Item, simple_paths, aliases, st.booleans())
    items = starred | st.builds(tree.Item, inner.map(_no_path), aliases)
    sources = st.builds(tree.Source, inner, aliases, st.sampled_from(["", "", "unpivot", "join"]))
    clauses = {
        "where": st.none() | inner,
        "order": _several(st.builds(tree.Order, inner, st.booleans())),
        "group": _several(inner),
        **dict.fromkeys(("having", "limit", "offset"), st.none() | inner),
    }
    listed = st.builds(tree.Select, st.none() | _several(items, 1), sources, **clauses, distinct=st.booleans())
    valued = st.tuples(st.builds(tree.Item, inner))
    return listed | st.builds(tree.Select, valued, sources, **clauses, kind=st.just("value"))


expressions = st.recursive(plain | numbers, _larger, max_leaves=6)
returned = st.sampled_from(["ALL OLD", "ALL NEW", "MODIFIED OLD", "MODIFIED NEW"])
returnings = _several(st.builds(tree.Returning, returned, st.none() | expressions))
targets = st.builds(tree.Source, simple_paths, st.none() | words)
operations = st.builds(tree.Assignment, simple_paths, expressions) | st.builds(tree.Removal, simple_paths)
statements = st.one_of(
    expressions,
    selects(expressions),
    st.builds(tree.Insert, simple_paths, expressions, returnings, clause=st.sampled_from(["", "AT", "ON CONFLICT"])),
    st.builds(tree.Insert, simple_paths, expressions, many=st.just(True)),
    st.builds(tree.Update, targets, _several(operations, 1), st.none() | expressions, returnings),
    st.builds(tree.Update, st.none(), st.tuples(operations)),
    st.builds(tree.Delete, targets, st.none() | expressions, returnings),
    st.builds(tree.Definition, st.sampled_from(["CreateTable", "DropTable", "CreateIndex", "DropIndex"]), words),
)


def _uncounted(node: Any) -> Any:
    """The tree with every parameter at position 0: a generated tree doesn't count them."""
    if isinstance(node, tree.Parameter):
        return tree.Parameter(0)
    if isinstance(node, tuple):
        return tuple(map(_uncounted, node))
    if is_dataclass(node) and not isinstance(node, type):
        return replace(node, **{f.name: _uncounted(getattr(node, f.name)) for f in fields(node) if f.compare})
    return node


@settings(max_examples=100, deadline=None)
@given(statements)
def test_a_printed_statement_parses_to_itself(statement: Any) -> None:
    text = unparse(statement)
    found, count = parse(text)
    assert _uncounted(found) == statement
    assert count == len(list(_parameters(found)))
    assert unparse(found) == text


def _parameters(node: Any) -> Iterator[tree.Parameter]:
    if isinstance(node, tree.Parameter):
        yield node
    elif isinstance(node, tuple):
        for part in node:
            yield from _parameters(part)
    elif is_dataclass(node):
        for member in fields(node):
            yield from _parameters(getattr(node, member.name))
