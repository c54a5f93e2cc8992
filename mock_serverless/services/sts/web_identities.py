"""The token of an identity provider: an OpenID Connect ID token (a JWT), or an OAuth 2.0 access token of the two old providers.

https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html and
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_adding-assume-role-idp. Signatures aren't
verified, and no provider is asked: who an ID token says that he is, he is, until it expires.
"""

from __future__ import annotations

import base64
import json
from typing import Any

from ...core.errors import AwsError, NotSupported

OAUTH = frozenset(("www.amazon.com", "graph.facebook.com"))
CLAIM = "https://aws.amazon.com/"
NOT_JWT = "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"


def claims_of(request: dict[str, Any], now: float) -> dict[str, Any]:
    """What a request's token says: ``iss``, ``sub``, ``aud`` and whatever else. Raises AwsError for a bad one.

    The words are those that users of AWS report.
    """
    token, provider = request["WebIdentityToken"], request.get("ProviderId")
    if provider is not None:
        if provider not in OAUTH:  # a guess at the words
            raise AwsError("InvalidIdentityToken", f"{provider} is not a supported provider of OAuth 2.0 access tokens")
        raise NotSupported(
            "sts.AssumeRoleWithWebIdentity: mock_serverless reads OpenID Connect ID tokens (without ProviderId); an access token "
            "would have to be shown to its provider."
        )
    claims = _payload(token)
    if not all(isinstance(claims.get(name), str) and claims[name] for name in ("iss", "sub")):
        raise AwsError("InvalidIdentityToken", NOT_JWT)
    expires = claims.get("exp")
    if isinstance(expires, bool) or not isinstance(expires, (int, float)):
        raise AwsError("InvalidIdentityToken", NOT_JWT)
    if now >= expires:
        message = f"Token expired: current date/time {int(now)} must be before the expiration date/time {int(expires)}"
        raise AwsError("ExpiredTokenException", message)
    return claims


def _payload(token: str) -> dict[str, Any]:
    """The claims of a JWT."""
    parts = token.split(".")
    try:
        header, payload = (json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))) for part in parts[:2])
    except (ValueError, RecursionError):
        raise AwsError("InvalidIdentityToken", NOT_JWT) from None
    if len(parts) != 3 or not isinstance(header, dict) or not isinstance(payload, dict):
        raise AwsError("InvalidIdentityToken", NOT_JWT)
    return payload


def shown(claims: dict[str, Any]) -> dict[str, Any]:
    """The members of the answer which tell of the token."""
    audience = claims.get("azp") or claims.get("aud")
    audience = audience[0] if isinstance(audience, list) and audience else audience
    answer = {"SubjectFromWebIdentityToken": claims["sub"], "Provider": claims["iss"]}
    return {**answer, "Audience": audience} if isinstance(audience, str) else answer


def session_members(claims: dict[str, Any]) -> dict[str, Any]:
    """What a token gives to the session, as AssumeRole's request would name it: tags and the source identity."""
    given: dict[str, Any] = {}
    source = claims.get(CLAIM + "source_identity")
    if isinstance(source, str):
        given["SourceIdentity"] = source
    tags = claims.get(CLAIM + "tags")
    if isinstance(tags, dict):
        pairs, keys = tags.get("principal_tags"), tags.get("transitive_tag_keys")
        if isinstance(pairs, dict):
            given["Tags"] = [{"Key": key, "Value": _first(values)} for key, values in pairs.items()]
        if isinstance(keys, list):
            given["TransitiveTagKeys"] = [str(key) for key in keys]
    return given


def _first(values: Any) -> str:
    """The value of a tag, which a token has in a list."""
    return str(values[0]) if isinstance(values, list) and values else str(values)
