"""Request validation: required parameters, and bodies against models.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-request-validation.html
"""

from __future__ import annotations

import json
from typing import Any

from .exchange import Exchange, Refused
from .json_schema import problem_of
from .mapping import request_source


def validate(x: Exchange) -> None:
    """400 for a request that lacks a required parameter or whose body its model doesn't allow."""
    validator = x.api.table("request_validators").get(x.method.get("requestValidatorId", ""))
    if validator is None:
        return
    if validator["validateRequestParameters"]:
        required = [name for name, needed in (x.method.get("requestParameters") or {}).items() if needed]
        missing = [name.split(".", 3)[-1] for name in required if not request_source(x, name)]
        if missing:
            message = f"Missing required request parameters: [{', '.join(missing)}]"
            raise Refused("BAD_REQUEST_PARAMETERS", message)
    if validator["validateRequestBody"]:
        _validate_body(x)


def _validate_body(x: Exchange) -> None:
    models: dict[str, str] = x.method.get("requestModels") or {}
    content_type = (x.header("content-type") or "application/json").split(";")[0].strip()
    name = models.get(content_type) or models.get("$default")
    if name is None:
        return
    schema = json.loads(x.api.table("models")[name]["schema"])
    try:
        body = json.loads(x.request.body or b"")
    except ValueError:
        raise Refused("BAD_REQUEST_BODY", "Invalid request body") from None
    problem = problem_of(body, schema, lambda reference: resolve(x, schema, reference))
    if problem is not None:
        x.context["error"] = {"validationErrorString": f"[{problem}]"}
        x.log(f"Request body does not match model schema for content type {content_type}: [{problem}]")
        raise Refused("BAD_REQUEST_BODY", "Invalid request body")


def resolve(x: Exchange, schema: Any, reference: str) -> Any:
    """What a ``$ref`` names: a part of the schema, or another model of the API by its URL."""
    address, _, pointer = reference.partition("#")
    if address:
        model = x.api.table("models").get(address.rpartition("/models/")[2])
        schema = json.loads(model["schema"]) if model is not None else {}
    for step in pointer.split("/")[1:]:
        schema = schema.get(step.replace("~1", "/").replace("~0", "~"), {}) if isinstance(schema, dict) else {}
    return schema
