"""Lambda authorizers: https://docs.aws.amazon.com/apigateway/latest/api/API_Authorizer.html"""

from __future__ import annotations

import re

from ...core.errors import NotSupported
from .gateway import Record, State, bad_request, conflict
from .kind import Kind, Request, chosen, register
from .patching import Rule, whole
from .resources import deployable

# recorded: white space within the URI is taken
URI = re.compile(r"arn:[^:]+:apigateway:[^:]+:lambda:path/\s*[\d-]+/functions/.+/invocations")
BUSY = "Unable to complete operation due to concurrent modification. Please try again later."
MOST_SECONDS = 3600

RULES = (
    Rule("/authorizerUri"),
    Rule("/authorizerCredentials"),
    Rule("/authorizerResultTtlInSeconds", convert=whole),
    Rule("/authType"),
    Rule("/identitySource", ("add", "replace", "remove")),
    Rule("/identityValidationExpression"),
    Rule("/name"),
    Rule("/type"),
)


def _make(db: State, request: Request) -> Record:
    members = ("name", "authorizerUri", "authorizerCredentials", "identitySource", "identityValidationExpression")
    record: Record = {
        "id": db.new_id(),
        **chosen(request, "type", *members),
        "authType": request.get("authType") or "custom",
    }
    for name in ("providerARNs", "jwtConfiguration"):
        if request.get(name) and request["type"] != "COGNITO_USER_POOLS":
            raise NotSupported(f"{name} of an authorizer: mock_serverless has Lambda authorizers only; leave it out")
    if request.get("authorizerResultTtlInSeconds") is not None:
        record["authorizerResultTtlInSeconds"] = request["authorizerResultTtlInSeconds"]
    return _checked(db, request, {}, record)


def _checked(db: State, request: Request, old: Record, new: Record) -> Record:
    if new["type"] == "COGNITO_USER_POOLS":
        raise NotSupported(
            "authorizers of type COGNITO_USER_POOLS are not implemented by mock_serverless yet; use a Lambda one"
        )
    if new["type"] not in ("TOKEN", "REQUEST"):
        raise bad_request("Invalid authorizer type specified. Valid types are TOKEN, COGNITO_USER_POOLS, REQUEST")
    if not URI.fullmatch(new.get("authorizerUri") or ""):
        raise bad_request("Invalid Authorizer URI: " + str(new.get("authorizerUri")))
    ttl = new.get("authorizerResultTtlInSeconds", 300)
    if not 0 <= ttl <= MOST_SECONDS:
        raise bad_request("Authorizer result TTL must be between 0 and 3600 seconds")  # a guess at AWS's words
    if new["type"] == "TOKEN" and not new.get("identitySource"):
        raise bad_request("Identity source is required for TOKEN authorizers")  # a guess at AWS's words
    return new


def _leave(db: State, request: Request, record: Record) -> None:
    for resource, http_method, method in deployable(db.api(request)):
        if method.get("authorizerId") == record["id"]:
            place = f"{resource['path']}/{http_method}"
            raise conflict(f"Cannot delete authorizer '{record['id']}', is referenced in method: {place}")


AUTHORIZER = register(
    Kind(
        noun="authorizer",
        key="authorizerId",
        missing="Invalid Authorizer identifier specified",
        no_api=lambda id: conflict(BUSY),
        make=_make,
        rules=RULES,
        changed=_checked,
        leave=_leave,
    )
)
