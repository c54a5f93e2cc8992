"""What DynamoDB's front end says of requests of its control plane in words of its own, or leaves to the operation.

As measured on the service (ack-api-quirks, DDB-TABLE-457): lengths of some names have words of their own, which are said alone;
tags and ARNs of backups are the operation's to check.
"""

from __future__ import annotations

from mock_serverless.core.constraints import NOT_NULL, Violation, names_of
from mock_serverless.core.errors import AwsError

from .values import refuse

_NAME = "{} must be at least 3 characters long and at most 255 characters long"
TABLE, INDEX = _NAME.format("TableName"), _NAME.format("IndexName")
LENGTHS = {
    ("CreateGlobalTable", "globalTableName"): TABLE,
    ("DescribeGlobalTable", "globalTableName"): TABLE,
    ("DescribeGlobalTableSettings", "globalTableName"): TABLE,
    ("UpdateGlobalTable", "globalTableName"): TABLE,
    ("UpdateGlobalTableSettings", "globalTableName"): TABLE,
    ("RestoreTableFromBackup", "targetTableName"): TABLE,
    ("RestoreTableToPointInTime", "targetTableName"): TABLE,  # as of a backup: a guess
    ("DescribeContributorInsights", "indexName"): INDEX,
    ("UpdateContributorInsights", "indexName"): INDEX,
    ("ExportTableToPointInTime", "tableArn"): "Invalid TableArn: Invalid Table ARN",
}
"""(operation, member) -> what is said when it is too short or too long."""
LEFT = frozenset(
    (
        *(("CreateTable", "tags"), ("TagResource", "tags"), ("UntagResource", "tagKeys")),
        *(("DescribeBackup", "backupArn"), ("DeleteBackup", "backupArn"), ("RestoreTableFromBackup", "backupArn")),
    )
)
"""(operation, member) that the operation checks itself, where the member is there."""

BEFORE, AFTER = frozenset(("writeCapacityUnits", "attributeType")), frozenset(("enabled",))
"""Members that are told of before their neighbours in a structure, and after them."""
PATTERN_FIRST = frozenset(("backupName", "exclusiveStartTableName"))


def told(operation: str, found: list[Violation]) -> tuple[AwsError | None, list[Violation]]:
    """A refusal in words of its own, and what is left to tell in the usual ones."""
    left = []
    for value, path, text in found:
        names = names_of(path)
        words = LENGTHS.get((operation, names[0]))
        if words is not None and len(names) == 1 and "must have length" in text:
            return refuse(words), []
        if operation == "UpdateTable" and names[0] == "replicaUpdates" and names[-2:] == ["create", "regionName"]:
            return refuse("One or more parameter values were invalid"), []
        if (operation, names[0]) not in LEFT or (len(names) == 1 and text == NOT_NULL):
            left.append((value, path, text))
    return None, _in_order(left)


def _in_order(found: list[Violation]) -> list[Violation]:
    """What is wrong with one structure stays together."""
    parents = [names_of(path)[:-1] for _, path, _ in found]
    places = sorted(range(len(found)), key=lambda place: (parents.index(parents[place]), _rank(found[place])))
    return [found[place] for place in places]


def _rank(one: Violation) -> int:
    _, path, text = one
    name = names_of(path)[-1]
    if name in PATTERN_FIRST:
        return 0 if "pattern" in text else 1
    return 0 if name in BEFORE else 2 if name in AFTER else 1
