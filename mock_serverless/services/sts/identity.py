"""The operations of STS: https://docs.aws.amazon.com/STS/latest/APIReference/API_Operations.html

Keys of an assumed role are in the role's account: calls made with them land there, until the keys expire. No policy is asked
whether the role may be assumed; a role need not exist.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ...core.arns import Arn
from ...core.clock import from_timestamp
from ...core.errors import AwsError
from ...core.ids import UPPER_AND_DIGITS
from ...core.operation import operation
from ...core.principals import Principal, session_of
from . import State

HOUR = 3600


@operation
def get_caller_identity(sts: State, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html"""
    who = _caller(sts)
    return {"UserId": who.user_id, "Account": who.account, "Arn": who.arn}


@operation
def assume_role(sts: State, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html"""
    return _assumed(sts, request, request["RoleArn"], request["RoleSessionName"])


@operation
def assume_role_with_web_identity(sts: State, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html"""
    return _assumed(sts, request, request["RoleArn"], request["RoleSessionName"])


@operation
def get_session_token(sts: State, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html"""
    return {"Credentials": _credentials(sts, _caller(sts), request.get("DurationSeconds", 12 * HOUR))}


@operation
def get_access_key_info(sts: State, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_GetAccessKeyInfo.html"""
    return {"Account": sts.scope.cloud.account_of_key(request["AccessKeyId"])}


def _caller(sts: State) -> Principal:
    """Whose key the call was made with."""
    scope = sts.scope
    return scope.principal(scope.serving_access_key(), scope.account)


def _assumed(sts: State, request: dict[str, Any], role: str, session: str) -> dict[str, Any]:
    arn = Arn.parse(role)
    if arn is None or arn.service != "iam" or not arn.resource.startswith("role/"):
        # wording: https://repost.aws answers on malformed role ARNs; a guess for the error's exact punctuation
        raise AwsError("ValidationError", f"{role} is invalid")
    who = session_of(arn, session)
    return {
        "Credentials": _credentials(sts, who, request.get("DurationSeconds", HOUR)),
        "AssumedRoleUser": {"AssumedRoleId": who.user_id, "Arn": who.arn},
    }


def _credentials(sts: State, who: Principal, seconds: int) -> dict[str, Any]:
    ids = sts.scope.ids
    key = f"ASIA{ids.token(16, UPPER_AND_DIGITS)}"
    expires = sts.scope.timestamp() + seconds
    sts.scope.cloud.access_keys[key] = replace(who, expires=expires)
    return {
        "AccessKeyId": key,
        "SecretAccessKey": ids.token(40),
        "SessionToken": ids.token(64),
        "Expiration": from_timestamp(expires),
    }
