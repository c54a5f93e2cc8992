"""update_contributor_insights, describe_contributor_insights, list_contributor_insights.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/contributorinsights_HowItWorks.html. Insights of a
table and those of each of its global indexes are switched by themselves. What is switched on has CloudWatch rules, two
for a partition key and two more for a sort key; which rules there are follows from the mode. Shapes, statuses and
refusals as measured on AWS in October 2026 (public notes of the project ack-api-quirks). Only the control plane: no
events are counted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from mock_serverless.core.agenda import job
from mock_serverless.core.clock import from_timestamp
from mock_serverless.core.errors import AwsError
from mock_serverless.core.operation import operation, output_shape
from mock_serverless.core.scope import Scope
from mock_serverless.core.shapes import known

from .database import NOT_FOUND, Database
from .encryption import check_unlocked
from .states import found
from .table import Table
from .values import refuse

ALL, THROTTLED = "ACCESSED_AND_THROTTLED_KEYS", "THROTTLED_KEYS"
RULES = {ALL: ("PKC", "SKC", "PKT", "SKT"), THROTTLED: ("PKT", "SKT")}
"""The kinds of rules by mode: accesses are counted (C), throttled requests (T), by partition key (PK) or by both keys (SK)."""
MOST_RULES = 100
"""Of an account and region: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html"""
MOST_LISTED = 100
LIMIT_REACHED = (
    "Per-account Amazon CloudWatch Contributor Insights rule limit reached. Please disable Contributor Insights for other "
    "tables/indexes OR disable Contributor Insights rules before retrying."
)  # the API reference's words for this failure


@dataclass(frozen=True, slots=True)
class Insights:
    """Contributor insights of a table or an index; replaced, never changed in place."""

    status: str
    mode: str
    changed: float
    created: float
    """When the rules were made: it is part of their names."""
    failure: tuple[str, str] | None = None


@operation(unfinished=lambda request, answer: answer["ContributorInsightsStatus"] in ("ENABLING", "DISABLING"))
def describe_contributor_insights(db: Database, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeContributorInsights.html"""
    table, index = _target(db, request)
    found = table.insights.get(index)
    answer: dict[str, Any] = {**_names(table, index), "ContributorInsightsStatus": "DISABLED"}
    if found is None:
        return answer
    answer["ContributorInsightsStatus"] = found.status
    answer["LastUpdateDateTime"] = from_timestamp(found.changed)
    answer["ContributorInsightsMode"] = found.mode
    if found.status in ("ENABLED", "DISABLING"):
        answer["ContributorInsightsRuleList"] = rules(table, index, found)
    if found.failure is not None:
        name, text = found.failure
        answer["FailureException"] = {"ExceptionName": name, "ExceptionDescription": text}
    return _known("DescribeContributorInsights", answer)


@operation
def update_contributor_insights(db: Database, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateContributorInsights.html"""
    table, index = _target(db, request)
    if table.status != "ACTIVE":
        raise _not_valid("TableStatus")
    if index is not None and table.index_settings[index].status != "ACTIVE":
        raise _not_valid("IndexStatus")
    check_unlocked(db, table)
    now = db.scope.timestamp()
    current = table.insights.get(index)
    on = current is not None and current.status in ("ENABLED", "ENABLING")
    mode = request.get("ContributorInsightsMode", ALL)
    if request["ContributorInsightsAction"] == "ENABLE":
        if current is not None and on and current.mode == mode:
            new = current
        else:
            created = current.created if current is not None and on else now
            new = Insights("ENABLING", mode, now, created)
    elif current is None or current.status in ("DISABLED", "DISABLING"):
        new = current or Insights("DISABLED", ALL, now, now)
    else:
        new = replace(current, status="DISABLING", changed=now, failure=None)
    if new is not current and not (current is None and new.status == "DISABLED"):
        _set(table, index, new)
        seconds = db.latency.of("insights")
        if seconds:
            db.scope.later(seconds, "dynamodb:insights", table=table.name, table_id=table.id, index=index)
        else:
            settle_insights(db.scope, table.name, table.id, index)
    answer = {**_names(table, index), "ContributorInsightsStatus": new.status}
    return _known("UpdateContributorInsights", {**answer, "ContributorInsightsMode": new.mode})


@operation
def list_contributor_insights(db: Database, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ListContributorInsights.html

    All that isn't DISABLED, a table before its indexes.
    """
    name = request.get("TableName")
    tables = [db.tables[n] for n in sorted(db.tables)] if name is None else [db.named_table(name)]
    shown = [entry for table in tables for entry in _listed(table)]
    token = request.get("NextToken")
    limit = max(1, min(MOST_LISTED, request.get("MaxResults") or MOST_LISTED))
    if token is not None:
        names = [_token(entry) for entry in shown]
        if token not in names:
            raise refuse("Invalid NextToken")  # a guess
        shown = shown[names.index(token) + 1 :]
    answer: dict[str, Any] = {"ContributorInsightsSummaries": shown[:limit]}
    if len(shown) > limit:
        answer["NextToken"] = _token(shown[limit - 1])
    return _known("ListContributorInsights", answer)


def rules(table: Table, index: str | None, insights: Insights) -> list[str]:
    """The names of the CloudWatch rules: DynamoDBContributorInsights-PKC-[resource]-[creation time]."""
    key = table.key.schema if index is None else table.indexes[index].key
    resource = table.name if index is None else f"{table.name}-{index}"
    stamp = int(insights.created * 1000)
    kinds = [kind for kind in RULES[insights.mode] if key.range or kind.startswith("PK")]
    return [f"DynamoDBContributorInsights-{kind}-{resource}-{stamp}" for kind in kinds]


@job("dynamodb:insights")
def settle_insights(scope: Scope, table: str, table_id: str, index: str | None) -> None:
    """What was ENABLING or DISABLING is done. More rules than an account may have: it FAILED."""
    there = found(scope, table, table_id)
    current = None if there is None else there.insights.get(index)
    if there is None or current is None:
        return
    if current.status == "DISABLING":
        _set(there, index, replace(current, status="DISABLED", changed=scope.timestamp()))
    elif current.status == "ENABLING":
        if _rules_of(scope.state()) + len(rules(there, index, current)) > MOST_RULES:
            failed = ("LimitExceededException", LIMIT_REACHED)
            _set(there, index, replace(current, status="FAILED", failure=failed))
        else:
            _set(there, index, replace(current, status="ENABLED"))


# ---------------------------------------------------------------------- what they share


def _target(db: Database, request: dict[str, Any]) -> tuple[Table, str | None]:
    table = db.named_table(request["TableName"])
    if table.status == "CREATING":
        raise AwsError("ResourceNotFoundException", f"{NOT_FOUND}: Table: {table.name} not found")
    index = request.get("IndexName")
    if index is not None and index not in table.index_settings:  # local indexes have none of their own
        text = f"{NOT_FOUND}: Index: {index} not found for table: {table.name}"
        raise AwsError("ResourceNotFoundException", text)
    return table, index


def _not_valid(which: str) -> AwsError:
    return refuse(
        f"Table or Index is not in a valid state to update Key Access Insights: {which} must be ACTIVE to enable "
        "ContributorInsights."
    )


def _known(name: str, answer: dict[str, Any]) -> dict[str, Any]:
    """Older models of botocore's don't know modes."""
    kept: dict[str, Any] = known(answer, output_shape("dynamodb", name))
    return kept


def _names(table: Table, index: str | None) -> dict[str, Any]:
    return {"TableName": table.name} if index is None else {"TableName": table.name, "IndexName": index}


def _set(table: Table, index: str | None, insights: Insights) -> None:
    table.insights = {**table.insights, index: insights}


def _present(table: Table) -> Iterator[tuple[str | None, Insights]]:
    """The table's own, then those of its indexes; an index that is gone has taken them along."""
    for index in (None, *(d.name for d in table.global_indexes)):
        if index in table.insights:
            yield index, table.insights[index]


def _listed(table: Table) -> Iterator[dict[str, Any]]:
    for index, insights in _present(table):
        if insights.status != "DISABLED":
            status = {"ContributorInsightsStatus": insights.status, "ContributorInsightsMode": insights.mode}
            yield {**_names(table, index), **status}


def _token(entry: dict[str, Any]) -> str:
    return "/".join(entry[name] for name in ("TableName", "IndexName") if name in entry)


def _rules_of(db: Database) -> int:
    """How many rules there are in the account and region."""
    return sum(
        len(rules(table, index, insights))
        for table in db.tables.values()
        for index, insights in _present(table)
        if insights.status in ("ENABLED", "DISABLING")
    )
