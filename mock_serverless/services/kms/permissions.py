"""Whether a call is let in: by a key's policy, or by one of its grants.

https://docs.aws.amazon.com/kms/latest/developerguide/policy-evaluation.html. Callers of the key's own account are let in
unless the policy denies explicitly: their own IAM policies, to which a policy usually leaves it, are not there. Others need
an Allow or a grant, and so does everybody with AWS managed keys. An explicit Deny beats a grant too. The words are those
which DynamoDB's answers quote (measured), and those of users' reports.
"""

from __future__ import annotations

from typing import Any

from ...core.errors import AwsError
from ...core.policies import ALLOW, DENY, Request, verdict
from .requests import caller, request_of
from .store import Grant, Key, State


def authorise(state: State, key: Key, action: str, context: dict[str, str] | None = None) -> None:
    """Refuse the call that is being served when neither the key's policy nor a grant lets it in."""
    request = request_of(state, key, action, context)
    said = verdict(key.policy, request)
    trusted = key.manager == "CUSTOMER" and request.account == key.account
    if said == DENY:
        raise denied(request, "with an explicit deny in a resource-based policy")
    if said != ALLOW and not trusted and not any(_permits(g, request, action, context) for g in key.grants.values()):
        raise denied(request, f"because no resource-based policy allows the {request.action} action")


def denied(request: Request, why: str) -> AwsError:
    """Not authorised, for a key that there is."""
    what = f"is not authorized to perform: {request.action} on resource: {request.resource} {why}"
    return AwsError("AccessDeniedException", f"User: {request.principal} {what}")


def denied_unseen(state: State, action: str) -> AwsError:
    """Not authorised, for a key of another account that there may not be (measured)."""
    return AwsError(
        "AccessDeniedException",
        f"User: {caller(state).arn} is not authorized to perform: kms:{action} on this resource because the resource does not "
        "exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access",
    )


def _permits(grant: Grant, request: Request, action: str, context: dict[str, str] | None) -> bool:
    return action in grant.operations and stands_for(grant.grantee, request) and fits(grant.constraints, context or {})


def stands_for(principal: str, request: Request) -> bool:
    """Whether a grant's principal is who calls: itself, its account, or the role of its session."""
    statement = {"Effect": ALLOW, "Principal": {"AWS": principal}, "Action": "*", "Resource": "*"}
    return verdict({"Statement": [statement]}, request) == ALLOW


def fits(constraints: dict[str, Any], context: dict[str, str]) -> bool:
    """https://docs.aws.amazon.com/kms/latest/developerguide/create-grant-overview.html#grant-constraints"""
    exact, part = constraints.get("EncryptionContextEquals"), constraints.get("EncryptionContextSubset")
    return exact in (None, context) and all(context.get(name) == value for name, value in (part or {}).items())
