"""Policies: statements, principals, patterns and conditions."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_serverless.core.policies import ALLOW, DENY, Request, matches, verdict

USER = "arn:aws:iam::111122223333:user/ann"
SESSION = "arn:aws:sts::111122223333:assumed-role/reader/session"
CONTEXT = {
    "aws:principalarn": (USER,),
    "k": ("one", "two"),
    "n": ("5",),
    "d": ("2030-01-01T00:00:00Z",),
    "b": ("true",),
}


def asked(document: Any, principal: str = USER, action: str = "dynamodb:GetItem") -> str | None:
    resource = "arn:aws:dynamodb:us-east-1:111122223333:table/t"
    return verdict(document, Request(principal, "111122223333", action, resource, CONTEXT))


def one(**more: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*", **more}
    return {"Statement": {k: v for k, v in statement.items() if v is not None}}


def test_a_denial_beats_all() -> None:
    deny = {"Effect": "Deny", "Principal": "*", "Action": "dynamodb:Get*", "Resource": "*"}
    document = {"Statement": [*[one()["Statement"]], deny]}
    assert asked(document) == DENY
    assert asked(document, action="dynamodb:PutItem") == ALLOW
    assert asked({"Statement": []}) is None


@pytest.mark.parametrize(
    ("element", "value", "said"),
    [
        ("Principal", {"AWS": "111122223333"}, ALLOW),
        ("Principal", {"AWS": "arn:aws:iam::111122223333:root"}, ALLOW),
        ("Principal", {"AWS": ["999999999999", USER]}, ALLOW),
        ("Principal", {"AWS": "999999999999"}, None),
        ("Principal", {"Service": "lambda.amazonaws.com"}, None),
        ("Action", "DynamoDB:getitem", ALLOW),
        ("Action", ["dynamodb:Put*", "dynamodb:Get?tem"], ALLOW),
        ("Action", "dynamodb:Put*", None),
        ("Resource", "arn:aws:dynamodb:*:*:table/t", ALLOW),
        ("Resource", "arn:aws:dynamodb:*:*:table/u*", None),
    ],
)
def test_elements(element: str, value: Any, said: str | None) -> None:
    assert asked(one(**{element: value})) == said
    opposite = ALLOW if said is None else None
    assert asked(one(**{element: None, f"Not{element}": value})) == opposite


def test_a_role_stands_for_its_sessions() -> None:
    document = one(Principal={"AWS": "arn:aws:iam::111122223333:role/reader"})
    assert asked(document, SESSION) == ALLOW
    assert asked(document) is None


@pytest.mark.parametrize(
    ("operator", "key", "wanted", "holds"),
    [
        ("StringEquals", "aws:PrincipalArn", USER, True),
        ("StringLike", "aws:PrincipalArn", "*:user/?nn", True),
        ("StringNotLike", "aws:PrincipalArn", "*:user/?nn", False),
        ("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:user/*", True),
        ("ForAnyValue:StringEquals", "k", "two", True),
        ("ForAllValues:StringEquals", "k", "two", False),
        ("ForAllValues:StringEquals", "k", ["two", "one"], True),
        ("ForAllValues:StringEquals", "none", "two", True),
        ("StringEquals", "none", "two", False),
        ("StringEqualsIfExists", "none", "two", True),
        ("StringNotEquals", "none", "two", True),
        ("Null", "none", True, True),
        ("Null", "k", "true", False),
        ("NumericLessThan", "n", "6", True),
        ("NumericGreaterThanEquals", "n", "6", False),
        ("NumericEquals", "n", "nonsense", False),
        ("DateGreaterThan", "d", "2029-12-31T23:59:59Z", True),
        ("DateLessThan", "d", "2029-12-31T23:59:59Z", False),
        ("Bool", "b", True, True),
        ("Bool", "b", "false", False),
    ],
)
def test_conditions(operator: str, key: str, wanted: Any, holds: bool) -> None:
    assert asked(one(Condition={operator: {key: wanted}})) == (ALLOW if holds else None)


@given(st.text("ab.*?[", max_size=8), st.text("ab.*?[", max_size=8))
def test_patterns_are_shell_like(before: str, after: str) -> None:
    assert matches("*", before)
    assert matches(f"{before.replace('*', '?')}*", before + after) or "*" in before or "?" in before
    assert matches("a[b", "a[b")
    assert not matches("a.b", "acb")
