"""What a request gives to the session that it begins: tags, a source identity, an MFA code, session policies, a larger token.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html and id_credentials_temp_control-access_monitor.html. What a
session is given, conditions of policies see (core/policies.py): ``aws:PrincipalTag``, ``aws:SourceIdentity``,
``aws:MultiFactorAuthPresent``. Along a chain of roles the source identity and the transitive tags go on and can't be changed.
Session policies are checked and, as all policies of IAM, not asked.
"""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any

from ...core.errors import AwsError, NotSupported
from ...core.principals import Principal

CHAINED = 3600
"""Seconds that a session of a chained role may last: API_AssumeRole (DurationSeconds)."""
MOST_POLICIES = 10
MOST_CHARACTERS = 2048
PACKED_TAGS = 455
TOKEN = 64
"""Characters of a session token that nobody wants larger."""


def check(request: dict[str, Any], caller: Principal) -> None:
    """Raises AwsError for what a session can't have."""
    if request.get("ProvidedContexts"):
        raise NotSupported("sts.AssumeRole: mock_serverless does not implement ProvidedContexts.")
    _check_policies(request)
    if caller.role and request.get("DurationSeconds", 0) > CHAINED:  # what users of AWS report
        raise AwsError(
            "ValidationError",
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
        )
    _check_source(request.get("SourceIdentity"), caller)
    _check_tags(request, caller)
    check_mfa(request)


def session_with(request: dict[str, Any], who: Principal, caller: Principal, now: float) -> Principal:
    """The session ``who`` with what the (checked) request and the session that makes it give to it."""
    inherited = tuple((key, value) for key, value in caller.tags if key.lower() in caller.transitive)
    tags = (*inherited, *((tag["Key"], tag.get("Value", "")) for tag in request.get("Tags") or ()))
    transitive = caller.transitive | {key.lower() for key in request.get("TransitiveTagKeys") or ()}
    source = request.get("SourceIdentity") or caller.source
    return replace(who, source=source, tags=tags, transitive=frozenset(transitive), mfa=mfa_time(request, now))


def token_size(request: dict[str, Any]) -> int:
    """Characters of a session token: as many as are wanted at least."""
    return max(TOKEN, request.get("MinimumSessionTokenSize") or 0)


def packed_size(request: dict[str, Any]) -> int | None:
    """The share of the allotted space that tags and policies take, in percent; None where there are none.

    How AWS packs them isn't known. Characters count here; how many tags may have is taken from the one measurement that users
    have published (nine of 252 take 498 percent: github.com/aws-actions/configure-aws-credentials, issue 1898).
    """
    if not any(request.get(name) for name in ("Tags", "Policy", "PolicyArns")):
        return None
    tags = sum(len(tag["Key"]) + len(tag.get("Value", "")) for tag in request.get("Tags") or ())
    texts = [request.get("Policy") or "", *(managed.get("arn", "") for managed in request.get("PolicyArns") or ())]
    shares = {"session tags": tags / PACKED_TAGS, "session policies": sum(map(len, texts)) / MOST_CHARACTERS}
    for what, share in shares.items():
        if share > 1:
            message = f"Packed size of {what} consumes {round(100 * share)}% of allotted space."
            raise AwsError("PackedPolicyTooLarge", message)
    return math.ceil(100 * max(shares.values()))


# ---------------------------------------------------------------------- MFA


def check_mfa(request: dict[str, Any]) -> None:
    """Both or none; the words are those that users of AWS report. Any device and any code will do: there is none to ask."""
    if ("SerialNumber" in request) != ("TokenCode" in request):
        raise AwsError(
            "AccessDenied",
            "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.",
            403,
        )


def mfa_time(request: dict[str, Any], now: float) -> float | None:
    """When the code was given."""
    return now if "TokenCode" in request else None


# ---------------------------------------------------------------------- source identity and tags


def _check_source(wanted: str | None, caller: Principal) -> None:
    if wanted is None:
        return
    if wanted.lower().startswith("aws:"):  # API_AssumeRole; a guess at the words
        raise AwsError("ValidationError", "SourceIdentity cannot begin with the reserved prefix aws:")
    if caller.source and wanted != caller.source:  # seen on AWS: github.com/mahitotsu/gekko_08, multi-hop-propagation
        raise AwsError("ValidationError", "The source identity is already set for this assume role session")


def _check_tags(request: dict[str, Any], caller: Principal) -> None:
    """Keys are the same whatever their case. The words are the user guide's and those that LocalStack has seen on AWS."""
    keys = [tag["Key"].lower() for tag in request.get("Tags") or ()]
    if len(keys) > len(set(keys)):
        raise _invalid("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
    if any(key.startswith("aws:") for key in keys):  # IAM's words for its own tags: that they are STS's, a guess
        raise _invalid("Tag keys with prefix 'aws:' are reserved for AWS internal use.")
    if caller.transitive & set(keys):
        raise _invalid(
            "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the "
            "calling session."
        )
    if not {key.lower() for key in request.get("TransitiveTagKeys") or ()} <= set(keys):
        raise _invalid("The specified transitive tag key must be included in the requested tags.")


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidParameterValue", message)


# ---------------------------------------------------------------------- session policies


def _check_policies(request: dict[str, Any]) -> None:
    """At most 10 managed ones, and 2,048 characters of text: API_AssumeRole (Policy, PolicyArns)."""
    if len(request.get("PolicyArns") or ()) > MOST_POLICIES:  # a guess at the words
        raise AwsError("ValidationError", f"Cannot exceed quota for PoliciesPerSession: {MOST_POLICIES}")
    if request.get("Policy") is not None:
        _check_document(request["Policy"])


def _check_document(text: str) -> None:
    """IAM's words, as users of AWS report them for policies of users and roles."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise _malformed("This policy contains invalid Json") from None
    statements = document.get("Statement") if isinstance(document, dict) else None
    statements = [statements] if isinstance(statements, dict) else statements
    if not statements or not isinstance(statements, list) or not all(isinstance(one, dict) for one in statements):
        raise _malformed("Syntax errors in policy.")
    for statement in statements:
        if statement.get("Effect") not in ("Allow", "Deny"):
            raise _malformed("Syntax errors in policy.")
        if not (statement.get("Action") or statement.get("NotAction")):
            raise _malformed("Policy statement must contain actions.")
        if not (statement.get("Resource") or statement.get("NotResource")):
            raise _malformed("Policy statement must contain resources.")


def _malformed(message: str) -> AwsError:
    return AwsError("MalformedPolicyDocument", message)
