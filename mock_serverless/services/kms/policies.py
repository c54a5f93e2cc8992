"""get_key_policy, put_key_policy, list_key_policies; the policy of a new key.

https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html
"""

from __future__ import annotations

from typing import Any

from ...core.errors import AwsError
from ...core.operation import operation
from ...core.policies import ALLOW, verdict
from .documents import malformed, printed, read
from .identifiers import key_of
from .requests import request_of
from .store import Key, State

DEFAULT = "default"


def default_policy(state: State) -> dict[str, Any]:
    """The policy of a key for which none is given."""
    statement = {
        "Sid": "Enable IAM User Permissions",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:{state.scope.partition}:iam::{state.scope.account}:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
    return {"Version": "2012-10-17", "Id": "key-default-1", "Statement": [statement]}


def policy_for(state: State, key: Key, request: dict[str, Any]) -> dict[str, Any]:
    """The policy that a request gives a key: checked, and whether the caller could change it again."""
    if request.get("Policy") is None:
        return default_policy(state)
    document = read(request["Policy"])
    if not request.get("BypassPolicyLockoutSafetyCheck"):
        asked = request_of(state, key, "PutKeyPolicy")
        if verdict(document, asked) != ALLOW:
            raise malformed("The new key policy will not allow you to update the key policy in the future.")
    return document


# ---------------------------------------------------------------------- operations


@operation
def get_key_policy(state: State, request: dict[str, Any]) -> dict[str, Any]:
    key = key_of(state, request, "GetKeyPolicy")
    _check_name(request)
    return {"Policy": printed(key.policy), "PolicyName": DEFAULT}


@operation
def put_key_policy(state: State, request: dict[str, Any]) -> dict[str, Any]:
    key = key_of(state, request, "PutKeyPolicy")
    _check_name(request)
    key.policy = policy_for(state, key, request)
    state.changed(key)
    return {}


def _check_name(request: dict[str, Any]) -> None:
    if request.get("PolicyName", DEFAULT) != DEFAULT:
        raise AwsError("NotFoundException", "No such policy exists")  # recorded for GetKeyPolicy


@operation
def list_key_policies(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """There is one, so that nobody needs a marker."""
    key_of(state, request, "ListKeyPolicies")
    return {"PolicyNames": [DEFAULT], "Truncated": False}
