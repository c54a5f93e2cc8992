"""Who may call a method: anybody, a signer (AWS_IAM), or whom a Lambda authorizer lets in.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html. Signatures are looked
at, not verified: a request needs one, and its access key says who calls. What an authorizer answered is kept for its time
to live, in virtual time.
"""

from __future__ import annotations

import json
import re
from fnmatch import translate
from typing import Any

from ....core.errors import NotSupported
from ..gateway import Record
from .context import method_arn, signed_by
from .exchange import Exchange, Refused
from .functions import SESSION, event_of, function_of, invoke
from .mapping import request_source, with_variables

TTL = 300
EXPLICIT = "User is not authorized to access this resource with an explicit deny"
IMPLICIT = "User is not authorized to access this resource"


def authorize(x: Exchange) -> None:
    """401 or 403 for those who may not."""
    kind = x.method["authorizationType"]
    if kind == "AWS_IAM":
        _iam(x)
    elif kind == "CUSTOM":
        _custom(x, x.api.table("authorizers")[x.method["authorizerId"]])


def _iam(x: Exchange) -> None:
    scope, key = x.db.scope, x.request.access_key
    if not key:
        raise Refused("MISSING_AUTHENTICATION_TOKEN", "Missing Authentication Token")
    who = scope.principal(key)
    if who.expires <= scope.timestamp():
        raise Refused("EXPIRED_TOKEN", "The security token included in the request is expired")
    signed_by(x, who, key)


# ---------------------------------------------------------------------- Lambda authorizers


def _custom(x: Exchange, authorizer: Record) -> None:
    identity = _identity(x, authorizer)
    result = _result(x, authorizer, identity)
    for name, value in (result.get("context") or {}).items():
        if isinstance(value, (dict, list)):
            raise _misconfigured(x, f"Invalid value for context key {name}")
    x.context["authorizer"] = {"principalId": result.get("principalId"), "integrationLatency": 0}
    x.context["authorizer"] |= {k: _text(v) for k, v in (result.get("context") or {}).items() if v is not None}
    if result.get("usageIdentifierKey"):
        x.context["identity"]["apiKey"] = result["usageIdentifierKey"]
    allowed = evaluate(result["policyDocument"], method_arn(x))
    if allowed is not True:
        raise Refused("ACCESS_DENIED", EXPLICIT if allowed is False else IMPLICIT)


def _text(value: Any) -> str:
    return json.dumps(value) if not isinstance(value, str) else value


def _identity(x: Exchange, authorizer: Record) -> list[str]:
    """The values of the identity sources; 401 when one is missing, before the function is asked."""
    sources = [s.strip() for s in (authorizer.get("identitySource") or "").split(",") if s.strip()]
    values = [request_source(x, s) for s in sources]
    if any(not v for v in values):
        raise Refused("UNAUTHORIZED", "Unauthorized")
    pattern = authorizer.get("identityValidationExpression")
    if pattern and authorizer["type"] == "TOKEN" and not re.fullmatch(pattern, values[0] or ""):
        raise Refused("UNAUTHORIZED", "Unauthorized")
    return [v or "" for v in values]


def _result(x: Exchange, authorizer: Record, identity: list[str]) -> Record:
    """What the authorizer answers, or answered not long ago for the same identity."""
    ttl = authorizer.get("authorizerResultTtlInSeconds", TTL)
    now = x.db.scope.timestamp()
    key = (x.api_id, x.stage_name, authorizer["id"], *identity)
    kept = x.db.authorizations.get(key)
    if kept is not None and ttl and identity and kept[0] > now:
        return kept[1]
    result = _asked(x, authorizer, identity)
    if ttl and identity:
        x.db.authorizations[key] = (now + ttl, result)
    return result


def _asked(x: Exchange, authorizer: Record, identity: list[str]) -> Record:
    uri = "".join(with_variables(authorizer["authorizerUri"], x.stage_variables).split())
    event: Record = {"type": authorizer["type"], "methodArn": method_arn(x)}
    if authorizer["type"] == "TOKEN":
        event["authorizationToken"] = identity[0]
    else:
        left_out = ("body", "isBase64Encoded")
        event |= {k: v for k, v in event_of(x).items() if k not in left_out}
    key = x.db.scope.assume(authorizer.get("authorizerCredentials") or "", SESSION)
    status, payload = invoke(x, function_of(uri), event, credentials=key)
    try:
        result = json.loads(payload)
    except ValueError:
        result = None
    if status == "failed" and isinstance(result, dict) and result.get("errorMessage") == "Unauthorized":
        raise Refused("UNAUTHORIZED", "Unauthorized")
    document = result.get("policyDocument") if isinstance(result, dict) and status == "done" else None
    if not isinstance(document, dict) or not result.get("principalId") or not _is_policy(document):
        raise _misconfigured(x, "Invalid JSON in response" if status == "done" else "the function failed")
    return result  # type: ignore[no-any-return]


def _misconfigured(x: Exchange, problem: str) -> Refused:
    x.log(f"Execution failed due to configuration error: {problem}")
    return Refused("AUTHORIZER_CONFIGURATION_ERROR", None)


def _statements(document: Record) -> list[Any]:
    return _listed(document.get("Statement"))


def _is_policy(document: Record) -> bool:
    """https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html"""
    effects = [s.get("Effect") if isinstance(s, dict) else None for s in _statements(document)]
    return "Statement" in document and all(effect in ("Allow", "Deny") for effect in effects)


def evaluate(document: Record, arn: str) -> bool | None:
    """Whether a policy lets somebody invoke a method: True, False for an explicit deny, None when it says nothing."""
    found: bool | None = None
    for statement in _statements(document):
        if "Condition" in statement:
            raise NotSupported(
                "a Condition in an authorizer's policy is not evaluated by mock_serverless; leave it out"
            )
        if _speaks_of(statement, "Action", "execute-api:invoke") and _speaks_of(statement, "Resource", arn):
            if statement["Effect"] == "Deny":
                return False
            found = True
    return found


def _speaks_of(statement: Record, element: str, what: str) -> bool:
    """``Action`` or ``Resource``, or the opposite of each."""
    opposite = f"Not{element}" in statement
    patterns = _listed(statement.get(f"Not{element}" if opposite else element))
    lowered = [p.lower() for p in patterns] if element == "Action" else patterns
    return any(_fits(p, what) for p in lowered) != opposite


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _fits(pattern: str, text: str) -> bool:
    return re.fullmatch(translate(pattern.replace("[", "[[]")), text) is not None
