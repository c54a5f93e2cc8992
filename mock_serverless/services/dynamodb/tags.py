"""tag_resource, untag_resource, list_tags_of_resource, and the rules of tags.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Tagging.html; codes and words have been measured on the service
(ack-api-quirks, DDB-TABLE-442, DDB-TABLE-071, DDB-TABLE-101, DDB-TABLE-108). Keys and values have the characters which AWS lets
all tags have (Unicode letters, spaces, digits and _.:/=+-@); 50 of them fit one resource, and one page.
"""

from __future__ import annotations

from typing import Any

from mock_serverless.core.arns import Arn
from mock_serverless.core.errors import AwsError
from mock_serverless.core.operation import operation

from .database import Database
from .policies import authorise
from .schema import INVALID
from .states import check_idle
from .table import Table
from .values import refuse

MOST = 50
LONGEST_KEY, LONGEST_VALUE = 128, 256
EXTRA = frozenset(" _.:/=+-@")


def check(tags: list[dict[str, str]]) -> None:
    """Tags of one request."""
    seen: set[str] = set()
    for tag in tags:
        key, value = tag.get("Key"), tag.get("Value")
        _check_key(key)
        if value is None or len(value) > LONGEST_VALUE or not _plain(value):
            raise refuse(f"The Tag Value provided is invalid, Value: {'null' if value is None else value}")
        assert key is not None
        if key in seen:
            raise refuse(f"Duplicate Tag Keys provided as input: Duplicate Tag Key found {key}")
        seen.add(key)
    check_number(tags)


def check_number(tags: Any) -> None:
    """Not more tags than a resource can have."""
    if len(tags) > MOST:
        raise refuse("Number of Tags exceed the current limit for the provided ResourceArn")


def _check_key(key: str | None) -> None:
    if key is None:
        raise refuse("The Tag Key provided is invalid, Key: null")
    if not 1 <= len(key) <= LONGEST_KEY or not _plain(key):
        raise refuse(f"The Tag Key provided is invalid, Key: {key}")
    if key.lower().startswith("aws:"):
        raise refuse(f"Tag Key cannot be prefixed with aws:, Key: {key}")


def _plain(text: str) -> bool:
    return all(character.isalnum() or character in EXTRA for character in text)


def _tagged(db: Database, arn: str) -> Table:
    if not arn.startswith("arn:"):
        raise refuse(f"{INVALID}ARNs must start with 'arn:': {arn}")
    parsed = Arn.parse(arn)
    kind, _, name = parsed.resource.partition("/") if parsed is not None else ("", "", "")
    if parsed is None or parsed.service != "dynamodb" or kind != "table":
        raise refuse(f"{INVALID}Provided Arn is not a DynamoDB resource arn: {arn}")
    if "/index/" in name:
        raise refuse(
            f"{INVALID}Invalid resource arn provided, only table or stream is accepted. Provided resource arn: {arn}"
        )
    if parsed.account != db.scope.account:
        raise AwsError("AccessDeniedException", "Access is denied")
    if (parsed.region, parsed.partition) != (db.scope.region, db.scope.partition):
        raise refuse(f"Invalid TableArn: Invalid ResourceArn provided as input {arn}")
    table = db.tables.get(name)
    if table is None or table.status == "CREATING":
        raise AwsError("ResourceNotFoundException", f"Requested resource not found: ResourceArn: {arn} not found")
    if db.policies:
        authorise(db, arn)
    return table


@operation
def tag_resource(db: Database, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TagResource.html"""
    if not request["Tags"]:
        raise refuse("Atleast one Tag needs to be provided as Input.")
    check(request["Tags"])
    table = _tagged(db, request["ResourceArn"])
    if table.status == "DELETING":
        check_idle(table)
    merged = {**table.settings.tags, **{tag["Key"]: tag["Value"] for tag in request["Tags"]}}
    check_number(merged)
    table.settings.tags = merged
    return {}


@operation
def untag_resource(db: Database, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UntagResource.html"""
    if not request["TagKeys"]:
        raise refuse("Atleast one Tag Key needs to be provided as Input.")
    for key in request["TagKeys"]:
        _check_key(key)
    table = _tagged(db, request["ResourceArn"])
    if table.status == "DELETING":
        check_idle(table)
    gone = set(request["TagKeys"])
    table.settings.tags = {key: value for key, value in table.settings.tags.items() if key not in gone}
    return {}


@operation
def list_tags_of_resource(db: Database, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ListTagsOfResource.html"""
    table = _tagged(db, request["ResourceArn"])
    if "NextToken" in request:
        raise refuse("Invalid NextToken")  # none is ever given: all tags fit one page (a guess)
    return {"Tags": [{"Key": key, "Value": value} for key, value in table.settings.tags.items()]}
