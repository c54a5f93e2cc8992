"""Resource-based policies: https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html

A policy decides about callers of other accounts: those need an Allow in it. Callers of the function's own account are let in
(their own IAM policies are not there), and so are AWS's services.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ...core.arns import Arn
from ...core.errors import AwsError
from ...core.operation import operation
from ...core.policies import ALLOW, Request, verdict
from ...core.principals import Principal
from .errors import conflict, function_not_found, no_such_resource, not_found, outdated
from .names import Target, find
from .store import LATEST, Function, State

WHOLE = ""
"""Key of the policy of a function as a whole."""


@operation
def add_permission(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html"""
    target = _target(state, request)
    function, key = target.there(), target.qualifier or WHOLE
    _check_policy_revision(function, key, request)
    statements = function.statements.setdefault(key, [])
    if any(s["Sid"] == request["StatementId"] for s in statements):
        raise conflict(
            f"The statement id ({request['StatementId']}) provided already exists. "
            "Please provide a new statement id, or remove the existing statement."
        )
    statement = _statement(target, request)
    statements.append(statement)
    function.policy_revisions[key] = state.scope.ids.uuid()
    return {"Statement": _json(statement), "ResponseMetadata": {"HTTPStatusCode": 201}}


def _target(state: State, request: dict[str, Any]) -> Target:
    target = find(state, request)
    function, qualifier = target.function, target.qualifier
    if function is None or (qualifier not in (None, LATEST) and not _exists(function, qualifier)):
        raise function_not_found(target.arn)
    return target


def _exists(function: Function, qualifier: str | None) -> bool:
    return qualifier in function.aliases or qualifier in function.versions


def _check_policy_revision(function: Function, key: str, request: dict[str, Any]) -> None:
    if request.get("RevisionId") not in (None, function.policy_revisions.get(key)):
        raise outdated("GetPolicy")


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
    return {"AWS": text} if Arn.parse(text) else {"Service": text}


# member of the request -> operator and condition key
CONDITIONS = {
    "FunctionUrlAuthType": ("StringEquals", "lambda:FunctionUrlAuthType"),
    "SourceAccount": ("StringEquals", "AWS:SourceAccount"),
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
    target = _target(state, request)
    function, key = target.there(), target.qualifier or WHOLE
    statements = function.statements.get(key)
    if not statements:
        raise no_such_resource()
    document = {"Version": "2012-10-17", "Id": "default", "Statement": statements}
    return {"Policy": _json(document), "RevisionId": function.policy_revisions[key]}


@operation
def remove_permission(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/lambda/latest/api/API_RemovePermission.html"""
    target = find(state, request)
    function = target.function
    if function is None:
        raise not_found(f"No policy found for: {target.arn}")
    key = target.qualifier or WHOLE
    _check_policy_revision(function, key, request)
    statements = function.statements.get(key) or []
    left = [s for s in statements if s["Sid"] != request["StatementId"]]
    if len(left) == len(statements):
        raise not_found(f"Statement {request['StatementId']} is not found in resource policy.")
    function.statements[key] = left
    function.policy_revisions[key] = state.scope.ids.uuid()
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
