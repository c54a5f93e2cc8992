"""Tags of functions and event source mappings: https://docs.aws.amazon.com/lambda/latest/dg/configuration-tags.html"""

from __future__ import annotations

from typing import Any

from ...core.arns import Arn
from ...core.errors import AwsError
from ...core.operation import operation
from .configuration import check_tags
from .errors import function_not_found, invalid, not_found
from .store import Function, Mapping, State

# kind of resource -> what AWS says when it isn't there (recorded)
MISSING = {
    "event-source-mapping": "Event source mapping not found",
    "capacity-provider": "Capacity provider not found",
    "code-signing-config": "Code signing config not found",
}


def _tagged(state: State, arn: str) -> Function | Mapping:
    parsed = Arn.parse(arn)
    assert parsed is not None
    kind, _, rest = parsed.resource.partition(":")
    if kind == "function":
        name, _, qualifier = rest.partition(":")
        if qualifier:
            raise invalid("Tags on function aliases and versions are not supported. Please specify a function ARN.")
        if name not in state.functions:
            raise function_not_found(arn)
        return state.functions[name]
    if kind == "event-source-mapping" and rest in state.mappings:
        return state.mappings[rest]
    raise not_found(f"{MISSING.get(kind, 'Resource not found')}: {arn}")


@operation
def list_tags(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/lambda/latest/api/API_ListTags.html"""
    return {"Tags": dict(_tagged(state, request["Resource"]).tags)}


@operation
def tag_resource(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/lambda/latest/api/API_TagResource.html"""
    tagged = _tagged(state, request["Resource"])
    if not request["Tags"]:
        raise invalid("An error occurred and the request cannot be processed.")
    return _put(state, tagged, {**tagged.tags, **request["Tags"]})


@operation
def untag_resource(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/lambda/latest/api/API_UntagResource.html"""
    tagged = _tagged(state, request["Resource"])
    keys = set(request["TagKeys"])
    if not keys:  # travels in the URL, where an empty list is none
        found = "Value null at 'tagKeys' failed to satisfy constraint: Member must not be null"
        raise AwsError("ValidationException", f"1 validation error detected: {found}")
    return _put(state, tagged, {k: v for k, v in tagged.tags.items() if k not in keys})


def _put(state: State, tagged: Function | Mapping, tags: dict[str, str]) -> dict[str, Any]:
    check_tags(tags)
    tagged.tags = tags
    if isinstance(tagged, Function):
        state.put_latest(tagged, modified=tagged.latest.modified)
    return {"ResponseMetadata": {"HTTPStatusCode": 204}}
