"""Resource-based policies: https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html

A policy decides about callers of other accounts: those need an Allow in it. Callers of the function's own account are let in
(their own IAM policies are not there), and so are AWS's services.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from ...core.arns import Arn
from ...core.errors import AwsError
from ...core.operation import operation
from ...core.policies import ALLOW, Request, verdict
from ...core.principals import Principal
from .errors import check_revision, conflict, function_not_found, invalid, no_such_resource, not_found
from .names import Target, find
from .store import LATEST, Function, State

ALIAS = re.compile(r"(?!\d+$)[\w-]+", re.ASCII)
SERVICE = re.compile(r"[\w.-]+\.(?:amazonaws\.com(?:\.cn)?|amazon\.com)", re.ASCII)
WHOLE = ""
"""Key of the policy of a function as a whole."""


@operation
def add_permission(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html"""
    target = find(state, request)
    if target.qualifier == LATEST:
        raise invalid("We currently do not support adding policies for $LATEST.")
    function, key = target.there(), target.qualifier or WHOLE
    _check_qualifier(target, function)
    check_revision(request, function.revision(key), "GetPolicy")
    statements = function.statements.setdefault(key, [])
    if any(s["Sid"] == request["StatementId"] for s in statements):
        raise conflict(
            f"The statement id ({request['StatementId']}) provided already exists. "
            "Please provide a new statement id, or remove the existing statement."
        )
    statement = _statement(target, request)
    statements.append(statement)
    target.state.revise(function, key)
    return {"Statement": _json(statement), "ResponseMetadata": {"HTTPStatusCode": 201}}


def _check_qualifier(target: Target, function: Function) -> None:
    """A version or alias that isn't there is refused; which of the two is missed, its name tells (recorded)."""
    qualifier = target.qualifier
    if qualifier in (None, LATEST, *function.aliases, *function.versions):
        return
    if qualifier is not None and ALIAS.fullmatch(qualifier):
        raise not_found(f"Cannot find alias arn: {target.arn}")
    raise function_not_found(target.arn)


def _statement(target: Target, request: dict[str, Any]) -> dict[str, Any]:
    statement = {
        "Sid": request["StatementId"],
        "Effect": "Allow",
        "Principal": _principal(target, request["Principal"]),
        "Action": request["Action"],
        "Resource": target.arn,
    }
    conditions = _conditions(request)
    return {**statement, "Condition": conditions} if conditions else statement


def _principal(target: Target, text: str) -> Any:
    if text == "*":
        return "*"
    if text.isdigit():
        return {"AWS": f"arn:{target.state.scope.partition}:iam::{text}:root"}
    if Arn.parse(text):
        return {"AWS": text}
    if not SERVICE.fullmatch(text):
        raise invalid("The provided principal was invalid. Please check the principal and try again.")
    return {"Service": text}


# member of the request -> operator and condition key
CONDITIONS = {
    "SourceAccount": ("StringEquals", "AWS:SourceAccount"),
    "FunctionUrlAuthType": ("StringEquals", "lambda:FunctionUrlAuthType"),
    "PrincipalOrgID": ("StringEquals", "aws:PrincipalOrgID"),
    "EventSourceToken": ("StringEquals", "lambda:EventSourceToken"),
    "SourceArn": ("ArnLike", "AWS:SourceArn"),
}


def _conditions(request: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, dict[str, str]] = {}
    for member, (operator, key) in CONDITIONS.items():
        if request.get(member):
            found.setdefault(operator, {})[key] = request[member]
    if request.get("InvokedViaFunctionUrl"):
        found["Bool"] = {"lambda:InvokedViaFunctionUrl": "true"}  # urls-auth.html
    return found


@operation
def get_policy(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/lambda/latest/api/API_GetPolicy.html"""
    target = find(state, request)
    function, key = target.there(), target.qualifier or WHOLE
    statements = function.statements.get(key)
    if not statements:
        raise no_such_resource()
    document = {"Version": "2012-10-17", "Id": "default", "Statement": statements}
    return {"Policy": _json(document), "RevisionId": function.revision(key)}


@operation
def remove_permission(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/lambda/latest/api/API_RemovePermission.html"""
    target = find(state, request)
    function = target.function
    if function is None:
        raise not_found(f"No policy found for: {target.arn}")
    key = target.qualifier or WHOLE
    _check_qualifier(target, function)
    statements = function.statements.get(key)
    if not statements:
        raise not_found("No policy is associated with the given resource.")
    left = [s for s in statements if s["Sid"] != request["StatementId"]]
    if len(left) == len(statements):
        raise not_found(f"Statement {request['StatementId']} is not found in resource policy.")
    check_revision(request, function.revision(key))
    function.statements[key] = left
    target.state.revise(function, key)
    return {"ResponseMetadata": {"HTTPStatusCode": 204}}


# ---------------------------------------------------------------------- letting in


def authorise(target: Target, action: str) -> None:
    """Refuse the call that is being served when it comes from another account and the function's policy doesn't let it in."""
    state = target.state
    call = state.scope.cloud.serving
    if call is None:
        return
    who = state.scope.principal(call.access_key, call.account)
    refused = lets_in(state, target.function, target.qualifier, who, action, {})
    if refused is not None:
        raise AwsError("AccessDeniedException", refused, 403)


NOBODY = Principal("", "", "anonymous")
"""Who calls a function URL without a signature."""


def lets_in(
    state: State,
    function: Function | None,
    qualifier: str | None,
    who: Principal,
    action: str,
    context: Mapping[str, tuple[str, ...]],
) -> str | None:
    """AWS's words for a refusal; None when the caller is let in. A function that isn't there has no policy."""
    if who.account == state.scope.account or function is None:
        return None
    statements = function.statements.get(qualifier or WHOLE) or []
    resource = state.arn(function.name, qualifier or None)
    known = {"aws:principalarn": (who.role or who.arn,), "aws:principalaccount": (who.account,), **context}
    request = Request(who.arn, who.account, f"lambda:{action}", resource, known)
    if verdict({"Statement": statements}, request) == ALLOW:
        return None
    return (
        f"User: {who.arn} is not authorized to perform: lambda:{action} on resource: {resource} "
        f"because no resource-based policy allows the lambda:{action} action"
    )


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))
