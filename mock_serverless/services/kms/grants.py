"""create_grant, list_grants, list_retirable_grants, retire_grant, revoke_grant; grant tokens.

https://docs.aws.amazon.com/kms/latest/developerguide/grants.html. Grants count at once here, so tokens are needed for
nothing; one that nobody has given out is refused. A grant lets a principal in whom the key's policy doesn't (see
permissions.py).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ...core.arns import Arn
from ...core.clock import from_timestamp
from ...core.errors import AwsError
from ...core.operation import operation
from .documents import is_principal_arn
from .identifiers import find, key_of
from .permissions import denied, stands_for
from .requests import caller, check_dry_run, page, refuse, request_of, service
from .specs import SYMMETRIC, grantable
from .store import Grant, Key, State

MOST = 50_000
"""Grants of a key: https://docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html"""


@operation
def create_grant(state: State, request: dict[str, Any]) -> dict[str, Any]:
    refuse(request, "CreateGrant", "GranteeServicePrincipal", "RetiringServicePrincipal")
    if "GranteePrincipal" not in request:  # the model of newer botocores leaves it open; a guess at the words
        raise _invalid("Either GranteePrincipal or GranteeServicePrincipal must be specified.")
    check_tokens(state, request)
    key = key_of(state, request, "CreateGrant")
    wanted = _wanted(state, request, key)
    check_dry_run(request)
    token = state.scope.ids.token(172)
    same = next(
        (g for g in key.grants.values() if g.name and replace(g, id="", tokens=(), created=0.0) == wanted), None
    )
    grant = same or replace(wanted, id=state.scope.ids.hex(64), created=state.scope.timestamp())
    if same is None and len(key.grants) >= MOST:  # a guess at the words
        raise AwsError("LimitExceededException", f"{key.arn} has the maximum number of grants: {MOST}")
    key.grants[grant.id] = replace(grant, tokens=(*grant.tokens, token))
    _home(state, key).tokens[token] = (key.id, grant.id)
    return {"GrantId": grant.id, "GrantToken": token}


def _home(state: State, key: Key) -> State:
    there: State = state.scope.state(account=key.account)
    return there


def _wanted(state: State, request: dict[str, Any], key: Key) -> Grant:
    """The grant that is asked for, as yet without id and date."""
    operations, constraints = request["Operations"], request.get("Constraints") or {}
    for member in ("GranteePrincipal", "RetiringPrincipal"):
        if request.get(member) is not None:
            _check_principal(state, request[member])
    if "SourceArn" in constraints:
        refuse(constraints, "CreateGrant", "SourceArn")
    if set(operations) == {"CreateGrant"}:  # reported
        raise _invalid("Grants must not contain only the CreateGrant operation.")
    if any(name.startswith("EncryptionContext") for name in constraints) and key.spec != SYMMETRIC:  # measured
        raise _invalid("EncryptionContext is supported only when creating a grant for a symmetric encryption KMS key.")
    odd = [name for name in operations if name not in grantable(key.spec, key.usage)]
    if odd or not operations:  # API_CreateGrant; a guess at the words
        raise _invalid(f"{key.arn} key usage is {key.usage} which is not valid for the operations of the grant.")
    return Grant(
        "",
        (),
        request.get("Name") or "",
        0.0,
        f"arn:{state.scope.partition}:iam::{caller(state).account}:root",
        request["GranteePrincipal"],
        request.get("RetiringPrincipal"),
        tuple(dict.fromkeys(operations)),
        constraints,
    )


def _invalid(message: str) -> AwsError:
    return AwsError("ValidationException", message)


def _check_principal(state: State, name: str) -> None:
    """A principal of IAM's; services name themselves in grants that they make. Reported, for ARNs of what isn't there."""
    arn = Arn.parse(name)
    of_service = arn is None and service(state) is not None
    if not of_service and (arn is None or not is_principal_arn(arn)):
        raise AwsError("InvalidArnException", f"ARN does not refer to a valid principal: {name}")


def check_tokens(state: State, request: dict[str, Any]) -> None:
    """Every grant token of a request has been given out."""
    for token in request.get("GrantTokens") or ():
        if _place(state, token) is None:
            raise AwsError("InvalidGrantTokenException", "")


def _place(state: State, token: str) -> tuple[State, str, str] | None:
    """The account (in this region), key and grant of a token."""
    states: list[State] = [state, *(s for s in state.scope.cloud.states_of("kms") if s is not state)]
    for there in states:
        if token in there.tokens and there.scope.region == state.scope.region:
            return (there, *there.tokens[token])
    return None


# ---------------------------------------------------------------------- looking


@operation
def list_grants(state: State, request: dict[str, Any]) -> dict[str, Any]:
    refuse(request, "ListGrants", "GranteeServicePrincipal")
    key = key_of(state, request, "ListGrants")
    rows = [
        (key, grant)
        for grant in key.grants.values()
        if request.get("GrantId") in (None, grant.id) and request.get("GranteePrincipal") in (None, grant.grantee)
    ]
    return _listed(rows, request)


@operation
def list_retirable_grants(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """Also those of other accounts' keys."""
    refuse(request, "ListRetirableGrants", "RetiringServicePrincipal")
    wanted = request.get("RetiringPrincipal")
    states: list[State] = [s for s in state.scope.cloud.states_of("kms") if s.scope.region == state.scope.region]
    keys = [key for there in states for key in there.keys.values()]
    return _listed([(key, grant) for key in keys for grant in key.grants.values() if grant.retiring == wanted], request)


def _listed(rows: list[tuple[Key, Grant]], request: dict[str, Any]) -> dict[str, Any]:
    found, more = page(rows, lambda row: row[1].id, request, 50, 100)
    return {"Grants": [_shown(key, grant) for key, grant in found], **more}


def _shown(key: Key, grant: Grant) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "KeyId": key.arn,
        "GrantId": grant.id,
        "Name": grant.name,
        "CreationDate": from_timestamp(grant.created),
        "GranteePrincipal": grant.grantee,
        "IssuingAccount": grant.issuer,
        "Operations": list(grant.operations),
    }
    if grant.retiring is not None:
        shown["RetiringPrincipal"] = grant.retiring
    if grant.constraints:
        shown["Constraints"] = grant.constraints
    return shown


# ---------------------------------------------------------------------- ending


@operation
def retire_grant(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """By whom the grant says, by the account that made it, or by the key's."""
    token, key_id, grant_id = (request.get(name) for name in ("GrantToken", "KeyId", "GrantId"))
    if token is not None:
        place = _place(state, token)
        if place is None:
            raise AwsError("InvalidGrantTokenException", "")
        home, found_key, grant_id = place
        key = home.keys[found_key]
    elif key_id is None or grant_id is None:  # the words are LocalStack's
        raise _invalid("Grant token OR (grant ID, key ID) must be specified")
    else:
        key = find(state, key_id, "RetireGrant")
    grant = _grant(key, grant_id)
    asked = request_of(state, key, "RetireGrant")
    allowed = stands_for(grant.issuer, asked) or asked.account == key.account
    allowed = allowed or (grant.retiring is not None and stands_for(grant.retiring, asked))
    if not allowed and not ("RetireGrant" in grant.operations and stands_for(grant.grantee, asked)):
        raise denied(asked, "because no resource-based policy allows the kms:RetireGrant action")
    return _end(state, key, grant, request)


@operation
def revoke_grant(state: State, request: dict[str, Any]) -> dict[str, Any]:
    key = key_of(state, request, "RevokeGrant")
    return _end(state, key, _grant(key, request["GrantId"]), request)


def _grant(key: Key, grant_id: str) -> Grant:
    found = key.grants.get(grant_id)
    if found is None:
        raise AwsError("NotFoundException", f"Grant ID {grant_id} not found")  # the words are moto's
    return found


def _end(state: State, key: Key, grant: Grant, request: dict[str, Any]) -> dict[str, Any]:
    check_dry_run(request)
    del key.grants[grant.id]
    tokens = _home(state, key).tokens
    for token in grant.tokens:
        del tokens[token]
    state.changed(key)
    return {}
