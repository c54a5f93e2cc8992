"""Methods and their responses: https://docs.aws.amazon.com/apigateway/latest/api/API_Method.html"""

from __future__ import annotations

import re

from ...core.errors import NotSupported
from .gateway import Record, State, bad_request
from .kind import Kind, Nested, Request, register
from .patching import ALL, Rule, method_words, path_words, text, truth
from .resources import RESOURCE

HTTP_METHODS = ("GET", "PUT", "POST", "DELETE", "PATCH", "OPTIONS", "HEAD", "ANY")
AUTHORIZED = ("CUSTOM", "COGNITO_USER_POOLS")
AUTHORIZATION_TYPES = ("NONE", "AWS_IAM", *AUTHORIZED)
INVALID_AUTHORIZER = (
    "Invalid authorizer ID specified. "
    "Setting the authorization type to CUSTOM or COGNITO_USER_POOLS requires a valid authorizer."
)
REQUEST_PARAMETER = re.compile(
    r"method\.request\.(?:querystring|header|path|multivaluequerystring|multivalueheader)\..+"
)

NO_PARAMETER = "Invalid parameter name specified"
NO_CONTENT_TYPE = "Content-Type specified was not found"

METHOD_RULES = (
    Rule("/apiKeyRequired", convert=truth),
    Rule("/authorizationScopes", ("add", "remove", "replace")),
    Rule("/authorizationType"),
    Rule("/authorizerId", ("replace", "remove")),
    Rule("/operationName"),
    Rule("/requestModels/*", ALL, absent=NO_CONTENT_TYPE),  # a guess: as of the response's, which are recorded
    Rule("/requestParameters/*", ALL, truth, absent=NO_PARAMETER),  # a guess, too
    Rule("/requestValidatorId"),
)


def _methods(db: State, request: Request) -> Nested:
    resource = RESOURCE.find(db, request)
    return Nested(db.api(request).table("resources"), resource["id"], "resourceMethods")


def _make_method(db: State, request: Request) -> Record:
    if request["httpMethod"] not in HTTP_METHODS:
        raise bad_request(f"Invalid HttpMethod specified. Valid options are {','.join(HTTP_METHODS)}")
    record: Record = {
        "httpMethod": request["httpMethod"],
        "authorizationType": request["authorizationType"].upper(),
        "apiKeyRequired": bool(request.get("apiKeyRequired")),
    }
    for name in ("authorizerId", "operationName", "requestValidatorId", "requestParameters", "requestModels"):
        if request.get(name):
            record[name] = request[name]
    if request.get("authorizationScopes"):
        raise NotSupported(
            "authorizationScopes of a method need Cognito user pools, which mock_serverless does not have yet"
        )
    _check_method(db, request, record)
    old = _methods(db, request).get(request["httpMethod"], {})
    return {**record, **{k: old[k] for k in ("methodResponses", "methodIntegration") if k in old}}


def _check_method(db: State, request: Request, record: Record) -> None:
    api = db.api(request)
    parameters = record.get("requestParameters") or {}
    if len({name.split(".", 3)[-1] for name in parameters}) != len(parameters):
        raise bad_request("Parameter names must be unique across querystring, header and path")
    for name in parameters:
        if not REQUEST_PARAMETER.fullmatch(name):
            raise bad_request(
                "Invalid mapping expression specified: Validation Result: warnings : [], errors : "
                f"[Invalid mapping expression specified: {name}]"
            )
    kind = record["authorizationType"]
    if kind not in AUTHORIZATION_TYPES:
        raise bad_request(
            "Invalid authorization type specified. Valid options are NONE, AWS_IAM, CUSTOM, and COGNITO_USER_POOLS"
        )
    if kind in AUTHORIZED and record.get("authorizerId") not in api.table("authorizers"):
        raise bad_request(INVALID_AUTHORIZER)
    if record.get("requestValidatorId") and record["requestValidatorId"] not in api.table("request_validators"):
        raise bad_request("Invalid Request Validator identifier specified")
    for model in (record.get("requestModels") or {}).values():
        if model not in api.table("models"):
            raise bad_request(f"Invalid model identifier specified: {model}")


def _changed_method(db: State, request: Request, old: Record, new: Record) -> Record:
    if new.get("requestValidatorId") == "":
        new = {k: v for k, v in new.items() if k != "requestValidatorId"}
    if new["authorizationType"] not in AUTHORIZED:
        new = {k: v for k, v in new.items() if k != "authorizerId"}
    if new.get("authorizationScopes"):
        raise NotSupported(
            "authorizationScopes of a method need Cognito user pools, which mock_serverless does not have yet"
        )
    _check_method(db, request, new)
    return new


METHOD = register(
    Kind(
        noun="method",
        key="httpMethod",
        identity="httpMethod",
        missing="Invalid Method identifier specified",
        place=_methods,
        make=_make_method,
        rules=METHOD_RULES,
        words=method_words,
        changed=_changed_method,
        statuses={"delete": 204},
    ),
    create="put_method",
    list=None,
)


# ---------------------------------------------------------------------- responses


RESPONSE_PARAMETER = re.compile(r"method\.response\.header\..+")
RESPONSE_RULES = (
    Rule("/responseModels/*", ALL, text, absent=NO_CONTENT_TYPE),
    Rule("/responseParameters/*", ALL, truth, absent=NO_PARAMETER),
)


def inside_method(db: State, request: Request, *path: str) -> Nested:
    """A table inside a method of an API."""
    METHOD.find(db, request)
    resources = db.api(request).table("resources")
    return Nested(resources, request["resourceId"], "resourceMethods", request["httpMethod"], *path)


def _make_response(db: State, request: Request) -> Record:
    record = {"statusCode": request["statusCode"]}
    record |= {m: request[m] for m in ("responseParameters", "responseModels") if request.get(m) is not None}
    return _checked_response(db, request, {}, record)


def _checked_response(db: State, request: Request, old: Record, new: Record) -> Record:
    for name in new.get("responseParameters") or ():
        if not RESPONSE_PARAMETER.fullmatch(name):
            raise bad_request(
                "Invalid mapping expression specified: Validation Result: warnings : [], errors : "
                f"[Invalid mapping expression specified: {name}]"
            )
    for model in (new.get("responseModels") or {}).values():
        if model not in db.api(request).table("models"):
            raise bad_request(f"Invalid model identifier specified: {model}")
    return new


METHOD_RESPONSE = register(
    Kind(
        noun="method_response",
        key="statusCode",
        identity="statusCode",
        missing="Invalid Response status code specified",
        place=lambda db, request: inside_method(db, request, "methodResponses"),
        make=_make_response,
        rules=RESPONSE_RULES,
        words=path_words,
        changed=_checked_response,
        statuses={"delete": 204, "update": 201},
    ),
    create="put_method_response",
    list=None,
)
