"""``bedrock:invokeModel``: the body is JSON in both directions, or an object in S3.

https://docs.aws.amazon.com/step-functions/latest/dg/connect-bedrock.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ....core.errors import AwsError
from ..language import StateError
from ..language.document import dumps, loads
from . import calls
from .resources import Resource
from .tasks import integration

if TYPE_CHECKING:
    from ..flow import World


@integration("bedrock", "invokeModel")
def invoke_model(world: World, resource: Resource, parameters: dict[str, Any], credentials: Any) -> Any:
    """InvokeModel; ``Input`` and ``Output`` name objects in S3 for the body and the answer."""
    given = {k: v for k, v in parameters.items() if k not in ("Input", "Output")}
    source, target = parameters.get("Input") or {}, parameters.get("Output") or {}
    if source.get("S3Uri"):
        given["Body"] = calls.text_of(_s3(world, "GetObject", source["S3Uri"])["Body"])
    elif "Body" in given and not isinstance(given["Body"], str):
        given["Body"] = dumps(given["Body"])
    answer = calls.answer(resource, calls.call(world, resource, given, credentials))
    body = answer.pop("Body", "")
    if target.get("S3Uri"):
        _s3(world, "PutObject", target["S3Uri"], Body=body.encode())
        return {**answer, "Body": target["S3Uri"]}
    try:
        return {**answer, "Body": loads(body)}
    except ValueError:
        return {**answer, "Body": body}


def _s3(world: World, operation: str, uri: str, **more: Any) -> dict[str, Any]:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    try:
        caller = world.execution.machine_name
        return world.db.scope.call("s3", operation, {"Bucket": bucket, "Key": key, **more}, caller=caller)
    except AwsError as e:
        raise StateError(f"S3.{e.code}", e.message) from None
