"""The operations of STS: https://docs.aws.amazon.com/STS/latest/APIReference/API_Operations.html

Keys of an assumed role are in the role's account: calls made with them land there, until the keys expire. No policy is asked
whether the role may be assumed; a role need not exist. What a session is given: sessions.py; tokens of identity providers:
web_identities.py.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ...core.arns import Arn
from ...core.clock import from_timestamp
from ...core.errors import AwsError
from ...core.ids import UPPER_AND_DIGITS
from ...core.operation import operation, output_shape
from ...core.principals import Principal, session_of
from . import State, sessions
from .web_identities import claims_of, session_members, shown

HOUR = 3600


@operation
def get_caller_identity(sts: State, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html"""
    who = _caller(sts)
    return {"UserId": who.user_id, "Account": who.account, "Arn": who.arn}


@operation
def assume_role(sts: State, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html

    There is no trust policy that could ask for ``ExternalId``.
    """
    return _assumed(sts, request, _caller(sts))


@operation
def assume_role_with_web_identity(sts: State, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html

    The call isn't signed: whatever session it is made in, it begins a chain of roles.
    """
    claims = claims_of(request, sts.scope.timestamp())
    nobody = Principal("", "", "")
    return {**_assumed(sts, {**request, **session_members(claims)}, nobody), **shown(claims)}


@operation
def get_session_token(sts: State, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html"""
    who = _caller(sts)
    if who.is_temporary:  # what users of AWS report
        raise AwsError("AccessDenied", "Cannot call GetSessionToken with session credentials", 403)
    sessions.check_mfa(request)
    session = replace(who, mfa=sessions.mfa_time(request, sts.scope.timestamp()))
    return _known("GetSessionToken", _credentials(sts, session, request, 12 * HOUR))


@operation
def get_access_key_info(sts: State, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_GetAccessKeyInfo.html"""
    return {"Account": sts.scope.cloud.account_of_key(request["AccessKeyId"])}


def _caller(sts: State) -> Principal:
    """Whose key the call was made with."""
    scope = sts.scope
    return scope.principal(scope.serving_access_key(), scope.account)


def _assumed(sts: State, request: dict[str, Any], caller: Principal) -> dict[str, Any]:
    role = request["RoleArn"]
    arn = Arn.parse(role)
    if arn is None or arn.service != "iam" or not arn.resource.startswith("role/"):
        # wording: https://repost.aws answers on malformed role ARNs; a guess for the error's exact punctuation
        raise AwsError("ValidationError", f"{role} is invalid")
    sessions.check(request, caller)
    size = sessions.packed_size(request)
    who = sessions.session_with(request, session_of(arn, request["RoleSessionName"]), caller, sts.scope.timestamp())
    answer = _credentials(sts, who, request, HOUR)
    answer["AssumedRoleUser"] = {"AssumedRoleId": who.user_id, "Arn": who.arn}
    if size is not None:
        answer["PackedPolicySize"] = size
    if who.source:
        answer["SourceIdentity"] = who.source
    return _known("AssumeRole", answer)


def _credentials(sts: State, who: Principal, request: dict[str, Any], usual: int) -> dict[str, Any]:
    """The members of an answer which have a new session's keys."""
    ids = sts.scope.ids
    key = f"ASIA{ids.token(16, UPPER_AND_DIGITS)}"
    expires = sts.scope.timestamp() + request.get("DurationSeconds", usual)
    sts.scope.cloud.access_keys[key] = replace(who, expires=expires)
    size = sessions.token_size(request)
    credentials = {
        "AccessKeyId": key,
        "SecretAccessKey": ids.token(40),
        "SessionToken": ids.token(size),
        "Expiration": from_timestamp(expires),
    }
    return {"Credentials": credentials, "SessionTokenSize": size}


def _known(operation: str, answer: dict[str, Any]) -> dict[str, Any]:
    """The members which the installed botocore's model has."""
    members = output_shape("sts", operation).members
    return {name: value for name, value in answer.items() if name in members}
