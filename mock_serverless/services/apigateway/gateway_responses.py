"""Gateway responses, what API Gateway itself answers: a table of types, and what an API has put in their place.

https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
"""

from __future__ import annotations

from ...core.operation import operation
from .gateway import Api, Record, State, not_found
from .inputs import check
from .integrations import check_content_types
from .kind import Kind, Request, answer, page, register
from .methods import NO_CONTENT_TYPE, NO_PARAMETER
from .patching import ALL, Rule, patched, path_words

STATUSES = {
    "ACCESS_DENIED": "403",
    "API_CONFIGURATION_ERROR": "500",
    "AUTHORIZER_CONFIGURATION_ERROR": "500",
    "AUTHORIZER_FAILURE": "500",
    "BAD_REQUEST_BODY": "400",
    "BAD_REQUEST_PARAMETERS": "400",
    "DEFAULT_4XX": "",
    "DEFAULT_5XX": "",
    "EXPIRED_TOKEN": "403",
    "INTEGRATION_FAILURE": "504",
    "INTEGRATION_TIMEOUT": "504",
    "INVALID_API_KEY": "403",
    "INVALID_SIGNATURE": "403",
    "MISSING_AUTHENTICATION_TOKEN": "403",
    "QUOTA_EXCEEDED": "429",
    "REQUEST_TOO_LARGE": "413",
    "RESOURCE_NOT_FOUND": "404",
    "THROTTLED": "429",
    "UNAUTHORIZED": "401",
    "UNSUPPORTED_MEDIA_TYPE": "415",
    "WAF_FILTERED": "403",
}
TEMPLATES = {"application/json": '{"message":$context.error.messageString}'}
EMPTY = "Invalid null or empty value in {}"
RULES = (  # recorded, but that a template isn't there
    Rule("/responseParameters/*", ALL, absent=NO_PARAMETER, empty=EMPTY.format("responseParameters")),
    Rule("/responseTemplates/*", ALL, absent=NO_CONTENT_TYPE, empty=EMPTY.format("responseTemplates")),
    Rule("/statusCode"),
)


def default(kind: str) -> Record:
    """What there is without doing anything."""
    record: Record = {
        "responseType": kind,
        "responseParameters": {},
        "responseTemplates": TEMPLATES,
        "defaultResponse": True,
    }
    return {**record, "statusCode": STATUSES[kind]} if STATUSES[kind] else record


def effective(api: Api, kind: str) -> Record:
    """What is answered for a type: the API's own, the API's default of its class, or API Gateway's."""
    own = api.table("gateway_responses")
    if kind in own:
        return own[kind]
    status = STATUSES[kind]
    base = own.get("DEFAULT_5XX" if status >= "500" else "DEFAULT_4XX")
    if base is None or not status:
        return default(kind)
    return {**base, "responseType": kind, "statusCode": base.get("statusCode") or status, "defaultResponse": True}


def _make(db: State, request: Request) -> Record:
    check_content_types(request.get("responseTemplates"))
    kind = request["responseType"]
    record: Record = {
        "responseType": kind,
        "responseParameters": request.get("responseParameters") or {},
        "responseTemplates": request.get("responseTemplates") or TEMPLATES,
        "defaultResponse": False,
    }
    status = request.get("statusCode") or STATUSES[kind]
    return {**record, "statusCode": status} if status else record


RESPONSE = register(
    Kind(
        noun="gateway_response",
        key="responseType",
        identity="responseType",
        missing="Gateway response type not defined on api",
        api_first=True,
        make=_make,
    ),
    create="put_gateway_response",
    get=None,
    list=None,
    update=None,
)


@operation
def get_gateway_response(db: State, request: Request) -> Record:
    check("GetGatewayResponse", request)
    return _current(db.api(request), request["responseType"])


@operation
def get_gateway_responses(db: State, request: Request) -> Record:
    api = db.api(request)
    return page({**request, "limit": request.get("limit") or 500}, [(kind, _current(api, kind)) for kind in STATUSES])


@operation
def update_gateway_response(db: State, request: Request) -> Record:
    check("UpdateGatewayResponse", request)
    api, kind = db.api(request), request["responseType"]
    record = patched(_current(api, kind), request.get("patchOperations"), RULES, path_words)
    check_content_types(record.get("responseTemplates"))
    api.table("gateway_responses")[kind] = {**record, "defaultResponse": False}
    return answer(api.table("gateway_responses")[kind], 200)


def _current(api: Api, kind: str) -> Record:
    if kind not in STATUSES:
        raise not_found("Gateway response type not defined on api")
    return effective(api, kind)
