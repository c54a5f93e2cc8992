"""The operations of STS: https://docs.aws.amazon.com/STS/latest/APIReference/API_Operations.html

Keys of an assumed role are in the role's account: calls made with them land there. No policy is asked whether the role may be
assumed; a role need not exist.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from ...core.arns import Arn
from ...core.errors import AwsError
from ...core.ids import UPPER_AND_DIGITS
from ...core.operation import operation
from . import State

HOUR = 3600


@operation
def get_caller_identity(sts: State, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html"""
    scope = sts.scope
    return {
        "UserId": "AIDAMOCKSERVERLESS000",
        "Account": scope.account,
        "Arn": f"arn:{scope.partition}:iam::{scope.account}:user/mock_serverless",
    }


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
    return {"Credentials": _credentials(sts, sts.scope.account, request.get("DurationSeconds", 12 * HOUR))}


@operation
def get_access_key_info(sts: State, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_GetAccessKeyInfo.html"""
    return {"Account": sts.scope.cloud.account_of_key(request["AccessKeyId"])}


def _assumed(sts: State, request: dict[str, Any], role: str, session: str) -> dict[str, Any]:
    arn = Arn.parse(role)
    if arn is None or arn.service != "iam" or not arn.resource.startswith("role/"):
        # wording: https://repost.aws answers on malformed role ARNs; a guess for the error's exact punctuation
        raise AwsError("ValidationError", f"{role} is invalid")
    name = arn.resource.rpartition("/")[2]
    return {
        "Credentials": _credentials(sts, arn.account, request.get("DurationSeconds", HOUR)),
        "AssumedRoleUser": {
            "AssumedRoleId": f"AROA{sts.scope.ids.token(17, UPPER_AND_DIGITS)}:{session}",
            "Arn": f"arn:{arn.partition}:sts::{arn.account}:assumed-role/{name}/{session}",
        },
    }


def _credentials(sts: State, account: str, seconds: int) -> dict[str, Any]:
    ids = sts.scope.ids
    key = f"ASIA{ids.token(16, UPPER_AND_DIGITS)}"
    sts.scope.cloud.access_keys[key] = account
    return {
        "AccessKeyId": key,
        "SecretAccessKey": ids.token(40),
        "SessionToken": ids.token(64),
        "Expiration": sts.scope.now() + timedelta(seconds=seconds),
    }
