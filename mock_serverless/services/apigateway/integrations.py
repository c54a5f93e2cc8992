"""Integrations, what is behind a method, and their responses.

https://docs.aws.amazon.com/apigateway/latest/api/API_Integration.html
"""

from __future__ import annotations

import re

from ...core.errors import NotSupported
from .gateway import Record, State, bad_request, not_found
from .kind import Kind, Nested, Request, register
from .methods import HTTP_METHODS, METHOD, inside_method
from .patching import ALL, Rule, whole
from .resources import RESOURCE

URI = re.compile(r"arn:[^:]+:apigateway:([^:]+):([^:]+):(path|action)/(.*)", re.DOTALL)
CONTENT_TYPE = re.compile(r"\$default|[\w!#$&^.+*-]+/[\w!#$&^.+*-]+(?:\s*;.*)?")
TARGET = re.compile(r"integration\.request\.(header|querystring|path)\.(.+)")
SOURCE = re.compile(
    r"method\.request\.(?:header|querystring|path|multivalueheader|multivaluequerystring)\.(?P<name>.+)|method\.request\.body.*"
    r"|context\..+|stageVariables\..+|'.*'",
    re.DOTALL,
)
RESPONSE_TARGET = re.compile(r"method\.response\.header\.(.+)")
RESPONSE_SOURCE = re.compile(
    r"integration\.response\.(?:header|multivalueheader)\..+|integration\.response\.body.*|context\..+|stageVariables\..+|'.*'",
    re.DOTALL,
)

UNABLE = {
    "tlsConfig": "speaks no TLS",
    "connectionId": "has no VPC links",
    "integrationTarget": "has no load balancers",
}
"""Members which could not act, and why."""
KEPT = (
    "uri",
    "credentials",
    "requestParameters",
    "requestTemplates",
    "contentHandling",
    "connectionType",
    "responseTransferMode",
)

RULES = (
    Rule("/cacheKeyParameters/*", ("add", "remove"), listed=True),
    Rule("/cacheNamespace"),
    Rule("/contentHandling"),
    Rule("/credentials"),
    Rule("/httpMethod"),
    Rule("/passthroughBehavior"),
    Rule("/requestParameters/*", ALL),
    Rule("/requestTemplates/*", ALL),
    Rule("/timeoutInMillis", convert=whole),
    Rule("/uri"),
)


def _make(db: State, request: Request) -> Record:
    if request.get("connectionType") == "VPC_LINK":
        raise NotSupported(
            "connectionType VPC_LINK: mock_serverless has no VPC links; use another integration in the test"
        )
    for name, why in UNABLE.items():
        if request.get(name):
            raise NotSupported(f"{name} of an integration: mock_serverless {why}; leave it out")
    if request.get("responseTransferMode") == "STREAM":
        raise NotSupported("responseTransferMode STREAM: mock_serverless gives answers as a whole; leave it out")
    record: Record = {
        "type": request["type"],
        "passthroughBehavior": request.get("passthroughBehavior") or "WHEN_NO_MATCH",
        "timeoutInMillis": request.get("timeoutInMillis") or 29000,
        "cacheNamespace": request.get("cacheNamespace") or request["resourceId"],
        "cacheKeyParameters": request.get("cacheKeyParameters") or [],
    }
    if request.get("integrationHttpMethod"):
        record["httpMethod"] = request["integrationHttpMethod"]
    for name in KEPT:
        if request.get(name):
            record[name] = request[name]
    return _checked(db, request, {}, record)


def _checked(db: State, request: Request, old: Record, new: Record) -> Record:
    if "contentHandling" in new and not new["contentHandling"]:
        new = {k: v for k, v in new.items() if k != "contentHandling"}
    if new["type"] in ("AWS", "AWS_PROXY"):
        _check_aws(new)
    elif new["type"] in ("HTTP", "HTTP_PROXY"):
        _check_http(new)
    if not 50 <= new["timeoutInMillis"] <= 29000:
        raise bad_request("Timeout should be between 50 ms and 29000 ms")
    if new["passthroughBehavior"] not in ("WHEN_NO_MATCH", "WHEN_NO_TEMPLATES", "NEVER"):
        raise bad_request(
            "Invalid PassthroughBehavior specified. Valid options are WHEN_NO_MATCH, WHEN_NO_TEMPLATES, and NEVER"
        )
    check_content_types(new.get("requestTemplates"))
    method, mappings = METHOD.find(db, request), new.get("requestParameters") or {}
    _check_mappings(method, mappings)
    for name in new["cacheKeyParameters"]:
        if name not in (method.get("requestParameters") or ()) and name not in mappings:
            raise bad_request("Invalid cache key parameter specified")  # as users quote it
    return new


def _check_aws(record: Record) -> None:
    uri = record.get("uri") or ""
    _check_http_method(record)
    if not uri.startswith("arn:") or uri.count(":") < 5:
        raise bad_request("Invalid ARN specified in the request")
    parts = URI.fullmatch(uri)
    if parts is None:
        raise bad_request("AWS ARN for integration must contain path or action")
    service = parts.group(2)
    if record["type"] == "AWS_PROXY" and service not in ("lambda", "firehose"):
        raise bad_request(
            "Integrations of type 'AWS_PROXY' currently only supports Lambda function and Firehose stream invocations."
        )
    if record["type"] == "AWS_PROXY" and service == "firehose":
        raise NotSupported("AWS_PROXY integrations with Firehose are not implemented by mock_serverless")
    if service != "lambda" and not record.get("credentials"):
        raise bad_request("Role ARN must be specified for AWS integrations")


def _check_http(record: Record) -> None:
    _check_http_method(record)
    if not re.match(r"https?://", record.get("uri") or ""):
        raise bad_request("Invalid HTTP endpoint specified for URI")


def _check_http_method(record: Record) -> None:
    if not record.get("httpMethod"):
        raise bad_request("Enumeration value for HttpMethod must be non-empty")
    if record["httpMethod"] not in HTTP_METHODS:
        raise bad_request(f"Invalid HttpMethod specified. Valid options are {','.join(HTTP_METHODS)}")


def check_content_types(templates: dict[str, str] | None) -> None:
    """Templates are kept by content type."""
    wrong = [name for name in templates or () if not CONTENT_TYPE.fullmatch(name)]
    if wrong:
        errors = ", ".join(f"Invalid content type specified: {name}" for name in wrong)
        raise bad_request(f"Validation Result: warnings : [], errors : [{errors}]")


def _check_mappings(method: Record, mappings: dict[str, str]) -> None:
    declared = {name.split(".", 3)[-1] for name in method.get("requestParameters") or ()}
    for target, source in mappings.items():
        if not TARGET.fullmatch(target):
            raise invalid_mapping(f"Invalid mapping expression specified: {target}")
        found = SOURCE.fullmatch(source)
        if found is None:
            raise invalid_mapping(f"Invalid mapping expression specified: {source}")
        if found.group("name") and found.group("name") not in declared:
            raise invalid_mapping(f"Invalid mapping expression parameter specified: {source}")


def invalid_mapping(problem: str) -> Exception:
    """A parameter mapping which can't be."""
    return bad_request(f"Invalid mapping expression specified: Validation Result: warnings : [], errors : [{problem}]")


INTEGRATION = register(
    Kind(
        noun="integration",
        key="httpMethod",
        only="methodIntegration",
        missing="Invalid Integration identifier specified",
        place=lambda db, request: inside_method(db, request),
        make=_make,
        rules=RULES,
        changed=_checked,
        statuses={"delete": 204},
    ),
    create="put_integration",
    list=None,
)


# ---------------------------------------------------------------------- responses


RESPONSE_RULES = (
    Rule("/contentHandling"),
    Rule("/responseParameters/*", ALL),
    Rule("/responseTemplates/*", ALL),
    Rule("/selectionPattern"),
    Rule("/statusCode"),
)


def _responses(db: State, request: Request) -> Nested:
    INTEGRATION.find(db, request)
    return inside_method(db, request, "methodIntegration", "integrationResponses")


def _going(db: State, request: Request) -> None:
    """Without its method, it is the integration that AWS misses of a response which shall go (recorded)."""
    if request["httpMethod"] not in (RESOURCE.find(db, request).get("resourceMethods") or ()):
        raise not_found(INTEGRATION.missing)


def _make_response(db: State, request: Request) -> Record:
    _responses(db, request)
    record = {"statusCode": request["statusCode"]}
    for name in ("selectionPattern", "responseParameters", "contentHandling"):
        if request.get(name) is not None and (request[name] or name != "contentHandling"):
            record[name] = request[name]
    if request.get("responseTemplates"):
        record["responseTemplates"] = request["responseTemplates"]
    return _checked_response(db, request, {}, record)


def _checked_response(db: State, request: Request, old: Record, new: Record) -> Record:
    check_content_types(new.get("responseTemplates"))
    try:
        re.compile(new.get("selectionPattern") or "")
    except re.error:
        raise bad_request("Invalid selection pattern specified") from None  # a guess at AWS's words
    for target, source in (new.get("responseParameters") or {}).items():
        if not RESPONSE_TARGET.fullmatch(target):
            raise invalid_mapping(f"Invalid mapping expression specified: {target}")
        if not RESPONSE_SOURCE.fullmatch(source):
            raise invalid_mapping(f"Invalid mapping expression specified: {source}")
    declared = (METHOD.find(db, request).get("methodResponses") or {}).get(new["statusCode"])
    for target in new.get("responseParameters") or ():
        if declared is None or target not in (declared.get("responseParameters") or ()):
            raise invalid_mapping(f"Invalid mapping expression parameter specified: {target}")
    return new


def _shown_response(record: Record) -> Record:
    """A template that is empty is shown as null (recorded); botocore's shape has texts only, so that it is left as it came."""
    templates = record.get("responseTemplates")
    if not templates or all(templates.values()):
        return record
    return {**record, "responseTemplates": {name: text or None for name, text in templates.items()}}


INTEGRATION_RESPONSE = register(
    Kind(
        noun="integration_response",
        key="statusCode",
        identity="statusCode",
        missing="Invalid Response status code specified",
        place=_responses,
        make=_make_response,
        rules=RESPONSE_RULES,
        changed=_checked_response,
        going=_going,
        shown=_shown_response,
        statuses={"delete": 204},
    ),
    create="put_integration_response",
    list=None,
)
