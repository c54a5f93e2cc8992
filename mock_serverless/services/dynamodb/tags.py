"""tag_resource, untag_resource, list_tags_of_resource, and the rules of tags.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Tagging.html
"""

from __future__ import annotations

from typing import Any

from mock_serverless.core.arns import Arn
from mock_serverless.core.errors import AwsError
from mock_serverless.core.operation import operation

from .database import Database
from .schema import INVALID
from .table import Table
from .values import refuse

MOST = 50


def check(tags: list[dict[str, str]]) -> None:
    """Tags of one request."""
    keys = [tag["Key"] for tag in tags]
    for key in keys:
        if keys.count(key) > 1:
            raise refuse(f"{INVALID}Duplicate tag key: {key}")  # a guess
        if key.lower().startswith("aws:"):
            raise refuse(f"{INVALID}Tag keys starting with 'aws:' are reserved for system use: {key}")  # a guess
    if len(keys) > MOST:
        raise refuse(f"{INVALID}Too many tags, a resource can have at most {MOST}")  # a guess


def _tagged(db: Database, arn: str) -> Table:
    parsed = Arn.parse(arn)
    kind, _, name = parsed.resource.partition("/") if parsed is not None else ("", "", "")
    if parsed is None or parsed.service != "dynamodb" or kind != "table" or "/" in name:
        raise refuse(f"Invalid TableArn: Invalid ResourceArn provided as input {arn}")
    table = db.tables.get(name)
    if table is None or table.arn != arn:
        # the service's spelling
        raise AwsError("ResourceNotFoundException", f"Requested resource not found: ResourcArn: {arn} not found")
    return table


@operation
def tag_resource(db: Database, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TagResource.html"""
    table = _tagged(db, request["ResourceArn"])
    check(request["Tags"])
    merged = {**table.settings.tags, **{tag["Key"]: tag["Value"] for tag in request["Tags"]}}
    if len(merged) > MOST:
        raise refuse(f"{INVALID}Too many tags, a resource can have at most {MOST}")  # a guess
    table.settings.tags = merged
    return {}


@operation
def untag_resource(db: Database, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UntagResource.html"""
    table = _tagged(db, request["ResourceArn"])
    gone = set(request["TagKeys"])
    table.settings.tags = {key: value for key, value in table.settings.tags.items() if key not in gone}
    return {}


@operation
def list_tags_of_resource(db: Database, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ListTagsOfResource.html"""
    if "NextToken" in request:
        raise refuse("Invalid NextToken")  # none is ever given: all tags fit one page (a guess)
    tags = _tagged(db, request["ResourceArn"]).settings.tags
    return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}
