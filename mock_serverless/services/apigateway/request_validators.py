"""Request validators: https://docs.aws.amazon.com/apigateway/latest/api/API_RequestValidator.html"""

from __future__ import annotations

from .gateway import Record, State, bad_request, conflict
from .kind import Kind, Request, chosen, register
from .patching import Rule, truth
from .resources import deployable

RULES = (
    Rule("/name", refuse=lambda name: None if name else "Request Validator name cannot be blank"),
    Rule("/validateRequestParameters", convert=truth),
    Rule("/validateRequestBody", convert=truth),
)


def _make(db: State, request: Request) -> Record:
    return {
        "id": db.new_id(),
        **chosen(request, "name"),
        "validateRequestBody": bool(request.get("validateRequestBody")),
        "validateRequestParameters": bool(request.get("validateRequestParameters")),
    }


def _leave(db: State, request: Request, record: Record) -> None:
    for resource, http_method, method in deployable(db.api(request)):
        if method.get("requestValidatorId") == record["id"]:
            place = f"{resource['path']}/{http_method}"  # a guess at AWS's words
            raise conflict(f"Cannot delete validator '{record['id']}', is referenced in method request: {place}")


VALIDATOR = register(
    Kind(
        noun="request_validator",
        key="requestValidatorId",
        missing="Invalid Request Validator identifier specified",
        no_api=lambda id: bad_request("Invalid REST API identifier specified"),
        make=_make,
        rules=RULES,
        leave=_leave,
    )
)
