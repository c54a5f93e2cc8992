"""Silent success is the worst answer: every member that a request may have is at least named somewhere in its service.

A member that no line names can only be passed over. What is refused for a whole group at once is listed here with who refuses it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import mock_serverless
from mock_serverless.core import operation as operations
from mock_serverless.core.operation import service_model

SERVICES = {
    "lambda": "lambda_",
    "apigateway": "apigateway",
    "stepfunctions": "stepfunctions",
    "dynamodb": "dynamodb",
    "dynamodbstreams": "dynamodb",
    "kms": "kms",
    "logs": "logs",
    "sts": "sts",
}
HOME = Path(mock_serverless.__file__).parent / "services"
# operation -> who refuses what no line names
REFUSED = {
    "CreateFunction": "configuration.changed refuses every member that MEMBERS has not",
    "UpdateFunctionConfiguration": "configuration.changed refuses every member that MEMBERS has not",
    "CreateEventSourceMapping": "mappings._settings refuses every member that ACCEPTED has not",
    "UpdateEventSourceMapping": "mappings._settings refuses every member that ACCEPTED has not",
}
REFUSED_AS_A_WHOLE = frozenset({"jwtConfiguration", "tlsConfig", "Recipient", "ProvidedContexts", "dataSources"})
WITHOUT_EFFECT = {
    "kmsDataKeyReusePeriodSeconds": "how often Step Functions asks KMS; kept and shown",
    "errorCausedByState": "recorded: nothing of it shows in the answer",
    "locationStatus": "which documentation parts are listed: all are of this API as it is now",
    "DisassociationMode": "has one value, which is what happens",
    "interleaved": "ignored by AWS since 2019: API_FilterLogEvents",
    "unmask": "nothing is masked: policies of data protection are refused",
    "sequenceToken": "ignored by AWS: API_PutLogEvents",
    "attributes": "more about an entity that Explore related of CloudWatch's console would show",
    "ExternalId": "what a trust policy may ask for: roles need not exist, and have none",
}


@cache
def text_of(service: str) -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in (HOME / SERVICES[service]).rglob("*.py"))


def members(shape: Any, seen: frozenset[str] = frozenset()) -> Iterator[str]:
    """Names of the members of a structure, and of those inside of what is named."""
    if shape is None or shape.name in seen:
        return
    if shape.type_name == "structure":
        for name, member in shape.members.items():
            yield name
            if name not in REFUSED_AS_A_WHOLE:
                yield from members(member, seen | {shape.name})
    elif shape.type_name in ("list", "map"):
        yield from members(shape.member if shape.type_name == "list" else shape.value, seen | {shape.name})


def named(service: str, name: str) -> bool:
    return re.search(rf"[\"'/.]{re.escape(name)}\b", text_of(service)) is not None


@pytest.mark.parametrize("service", SERVICES)
def test_every_member_is_named(service: str) -> None:
    operations.load(service)
    model = service_model(service)
    silent = {}
    for operation in sorted(name for s, name in operations.OPERATIONS if s == service):
        if operation in REFUSED:
            continue
        found = [
            name
            for name in members(model.operation_model(operation).input_shape)
            if name not in WITHOUT_EFFECT and not named(service, name)
        ]
        if found:
            silent[operation] = found
    assert silent == {}
