"""Log groups: create, delete, describe, list; their keys and their protection.

https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html and its neighbours. Answers and
errors are recorded (in LocalStack's tests, which run against AWS) where they are not marked.
"""

from __future__ import annotations

import re
from typing import Any

from ...core.arns import Arn
from ...core.errors import AwsError, NotSupported
from ...core.keys import try_key
from ...core.operation import operation, operation_names, output_shape
from .ingestion import ARRIVED, take_up
from .requests import group_of, page
from .store import Group, State, check_names, invalid
from .tags import check_tags


@operation
def create_log_group(state: State, request: dict[str, Any]) -> dict[str, Any]:
    name = request["logGroupName"]
    take_up(state)
    check_names(name)
    if name.startswith("aws/"):  # API_CreateLogGroup; a guess at the words
        raise invalid("Log groups starting with aws/ are reserved for AWS")
    tags = dict(request.get("tags") or {})
    check_tags(tags)
    if name in state.groups:
        raise AwsError("ResourceAlreadyExistsException", "The specified log group already exists")
    kind = request.get("logGroupClass") or "STANDARD"
    if kind != "STANDARD":
        raise NotSupported(f"logs: mock_serverless has log groups of the class STANDARD only, not {kind}")
    key = request.get("kmsKeyId")
    if key:
        _check_key(state, name, key)
    protected = bool(request.get("deletionProtectionEnabled"))
    state.groups[name] = Group(name, state.now(), kind=kind, key=key or None, protected=protected, tags=tags)
    return {}


def _check_key(state: State, group: str, key: str) -> None:
    """Ask KMS whether the key can be used: API_AssociateKmsKey. The words as users report them."""
    context = {"aws:logs:arn": state.arn(group)}
    try:
        if Arn.parse(key) is None:
            raise AwsError("NotFoundException", "")
        try_key(
            state.scope, "GenerateDataKey", {"KeyId": key, "KeySpec": "AES_256", "EncryptionContext": context}, "logs"
        )
    except AwsError as e:
        if e.code == "AccessDeniedException":
            message = f"The specified KMS key does not exist or is not allowed to be used with Arn '{state.arn(group)}'"
            raise AwsError(e.code, message) from None
        raise invalid(f"The specified KMS Key Id could not be found. '{group}'") from None


@operation
def associate_kms_key(state: State, request: dict[str, Any]) -> dict[str, Any]:
    group = _with_key(state, request)
    _check_key(state, group.name, request["kmsKeyId"])
    group.key = request["kmsKeyId"]
    return {}


@operation
def disassociate_kms_key(state: State, request: dict[str, Any]) -> dict[str, Any]:
    _with_key(state, request).key = None
    return {}


def _with_key(state: State, request: dict[str, Any]) -> Group:
    if request.get("resourceIdentifier"):
        raise NotSupported("logs: mock_serverless has keys of log groups only; name a logGroupName")
    return group_of(state, {"logGroupName": request.get("logGroupName")})


@operation
def delete_log_group(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """With its streams, events and subscriptions."""
    group = group_of(state, request)
    if group.protected:  # a guess at the words
        raise AwsError("ValidationException", f"Log group {group.name} has deletion protection enabled.")
    if group.subscriptions:
        state.scope.unwatch(state.arn(group.name), ARRIVED)
    del state.groups[group.name]
    return {}


# ---------------------------------------------------------------------- reading


@operation
def describe_log_groups(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """By name. With a pattern the answers have no ``storedBytes``."""
    take_up(state)
    prefix, pattern = request.get("logGroupNamePrefix"), request.get("logGroupNamePattern")
    if prefix and pattern:
        raise invalid("LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.")
    check_names(prefix, pattern)
    _refuse_accounts(request, "DescribeLogGroups")
    kind, identifiers = request.get("logGroupClass"), request.get("logGroupIdentifiers")
    wanted = None if identifiers is None else {i.rpartition(":log-group:")[2].removesuffix(":*") for i in identifiers}
    found = [
        group
        for name, group in sorted(state.groups.items())
        if name.startswith(prefix or "")
        and (not pattern or pattern.lower() in name.lower())  # API_DescribeLogGroups: case doesn't count
        and kind in (None, group.kind)
        and (wanted is None or name in wanted)
    ]
    groups, token = page(found, request)
    return {"logGroups": [_shown(state, group, stored=not pattern) for group in groups], **token}


def _shown(state: State, group: Group, stored: bool) -> dict[str, Any]:
    group.forget(state.now())
    arn = state.arn(group.name)
    shown: dict[str, Any] = {
        "logGroupName": group.name,
        "creationTime": group.created,
        "metricFilterCount": 0,
        "arn": f"{arn}:*",
        "logGroupClass": group.kind,
        "logGroupArn": arn,
    }
    if stored:
        shown["storedBytes"] = sum(event.size for stream in group.streams.values() for event in stream.events)
        if "deletionProtectionEnabled" in output_shape("logs", "DescribeLogGroups").members["logGroups"].member.members:
            shown["deletionProtectionEnabled"] = group.protected
    if group.retention is not None:
        shown["retentionInDays"] = group.retention
    if group.key is not None:
        shown["kmsKeyId"] = group.key
    return shown


def list_log_groups(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """By name; ``logGroupNamePattern`` is a part of the name, or with ``^`` its beginning (API_ListLogGroups)."""
    take_up(state)
    _refuse_accounts(request, "ListLogGroups")
    pattern, kind = request.get("logGroupNamePattern") or "", request.get("logGroupClass")
    wanted = request.get("logGroupTags") or ()
    found = [g for name, g in sorted(state.groups.items()) if _fits(name, pattern) and kind in (None, g.kind)]
    found = [group for group in found if all(_has_tag(group, tag) for tag in wanted)]
    groups, token = page(found, request, 1000)
    entries = [{"logGroupName": g.name, "logGroupArn": state.arn(g.name), "logGroupClass": g.kind} for g in groups]
    return {"logGroups": entries, **token}


def _fits(name: str, pattern: str) -> bool:
    parts = pattern.split("|")
    return any(name.startswith(part[1:]) if part.startswith("^") else part in name for part in parts)


def _has_tag(group: Group, wanted: dict[str, Any]) -> bool:
    """Whether a group has a tag, with one of the values if there are any: ``prod*`` in any case, ``!prod`` for all others."""
    value, values = group.tags.get(wanted["key"]), wanted.get("values") or ()
    return value is not None and (not values or any(_is_value(value, one) for one in values))


def _is_value(value: str, wanted: str) -> bool:
    if wanted.startswith("!"):
        return not _is_value(value, wanted[1:])
    if "*" not in wanted:
        return value == wanted
    return re.fullmatch(".*".join(map(re.escape, wanted.split("*"))), value, re.IGNORECASE | re.DOTALL) is not None


def _refuse_accounts(request: dict[str, Any], name: str) -> None:
    for member in ("includeLinkedAccounts", "accountIdentifiers", "dataSources", "fieldIndexNames"):
        if request.get(member):
            raise NotSupported(f"logs.{name}: mock_serverless does not implement {member}.")


def put_log_group_deletion_protection(state: State, request: dict[str, Any]) -> dict[str, Any]:
    group_of(state, {"logGroupIdentifier": request["logGroupIdentifier"]}).protected = bool(
        request["deletionProtectionEnabled"]
    )
    return {}


for _newer in (list_log_groups, put_log_group_deletion_protection):  # older models of botocore's have none
    if _newer.__name__ in operation_names("logs"):
        operation(_newer)
