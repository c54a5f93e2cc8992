"""Calls of other services out of a state machine: parameters and answers in Step Functions' spelling, errors by its names.

Parameters and answers are written in PascalCase whatever the API does, those of SDK integrations as the SDK for Java has them
(sdk_names.py): https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html. Both are translated along
botocore's shapes. A value that is no text where the API wants one is sent as its JSON (recorded).
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from random import Random
from string import ascii_letters
from typing import TYPE_CHECKING, Any

from ....core.arns import Arn
from ....core.clock import from_timestamp
from ....core.errors import AwsError
from ....core.operation import service_model
from ..language import StateError
from ..language import times as language_times
from ..language.document import dumps
from . import sdk_names
from .parameters import Renaming, capitalized, members, renaming, unsupported

if TYPE_CHECKING:
    from ..flow import World
    from .resources import Resource

# optimised integrations: service -> (the name in errors, the service's name in the cause); recorded for the first ones
ERROR_NAMES = {
    "lambda": ("Lambda", "AWSLambda"),
    "dynamodb": ("DynamoDB", "AmazonDynamoDBv2"),
    "sns": ("SNS", "AmazonSNS"),
    "sqs": ("SQS", "AmazonSQS"),
    "states": ("StepFunctions", "AWSStepFunctions"),
    "events": ("EventBridge", "AmazonCloudWatchEvents"),
    # ECS.AmazonECSException and the like are caught in users' workflows; the rest of these rows follows from that
    "ecs": ("ECS", "AmazonECS"),
    "batch": ("Batch", "AWSBatch"),
    "glue": ("Glue", "AWSGlue"),
    "athena": ("Athena", "AmazonAthena"),
    "sagemaker": ("SageMaker", "AmazonSageMaker"),
    "codebuild": ("CodeBuild", "AWSCodeBuild"),
    "eks": ("EKS", "AmazonEKS"),
    "elasticmapreduce": ("ElasticMapReduce", "AmazonElasticMapReduce"),
    "bedrock": ("Bedrock", "BedrockRuntime"),  # Bedrock.ThrottlingException is caught, too
}


def call(world: World, resource: Resource, parameters: Any, credentials: Any = None) -> dict[str, Any]:
    """Call the resource's operation; gives the API's answer. Raises StateError with the name that Catch sees."""
    model = service_model(resource.service).operation_model(resource.operation)
    request = to_request(parameters, model.input_shape, renaming(resource)) if model.input_shape is not None else {}
    for token in model.idempotent_members:  # as the SDK does
        if token not in request:
            request[token] = world.db.scope.ids.uuid()
    return send(world, resource, request, credentials)


def send(
    world: World, resource: Resource, request: dict[str, Any], credentials: Any = None, **where: str
) -> dict[str, Any]:
    """The same with a request as the API writes it."""
    scope, caller = world.db.scope, world.execution.machine_name
    key, account = access_key(world, credentials)
    if account is not None:
        where["account"] = account
    try:
        return scope.call(resource.service, resource.operation, request, caller=caller, access_key=key, **where)
    except AwsError as e:
        raise state_error(resource, e, scope.ids.uuid()) from None


def access_key(world: World, credentials: Any = None) -> tuple[str, str | None]:
    """Of the session in which the execution calls, and the account of that: its machine's role, or one that a task names.

    A task's role is assumed with STS by the machine's, and with the machine as external id
    (https://docs.aws.amazon.com/step-functions/latest/dg/concepts-access-cross-acct-resources.html); until its credentials expire
    the execution goes on with them, which is a guess. The cause is in definitions that users catch it with.
    """
    execution, scope = world.execution, world.db.scope
    session = _session(execution.machine)
    own = scope.assume(execution.revision.role, session)
    if not isinstance(credentials, dict) or "RoleArn" not in credentials:
        return own, None
    role = credentials["RoleArn"]
    key, until = execution.sessions.get(str(role), ("", 0.0))
    if until <= scope.timestamp():
        request = {"RoleArn": role, "RoleSessionName": session, "ExternalId": execution.machine}
        try:
            answer = scope.call("sts", "AssumeRole", request, caller=execution.machine_name, access_key=own)
        except AwsError:
            cause = f"The role {execution.revision.role} is not authorized to assume the task state's role, {role}."
            raise StateError("States.TaskFailed", cause) from None
        given = answer.get("Credentials") or {}
        key = given.get("AccessKeyId", "")
        expires = given.get("Expiration")
        until = expires.timestamp() if isinstance(expires, datetime) else scope.timestamp()
        execution.sessions[str(role)] = key, until
    arn = Arn.parse(str(role))
    return key, arn.account if arn is not None else None


@lru_cache(maxsize=256)
def _session(machine: str) -> str:
    """32 letters, as refusals show that users have published; which ones, and that a machine keeps them, is a guess."""
    return "".join(Random(machine).choices(ascii_letters, k=32))


# ---------------------------------------------------------------------- parameters and answers


def to_request(value: Any, shape: Any, rename: Renaming = capitalized) -> Any:
    """Parameters of a state as the API wants them. Raises StateError for members that there are not."""
    kind = shape.type_name
    if kind == "structure" and not getattr(shape, "is_document_type", False):
        return _structure(value, shape, rename)
    if kind == "list" and isinstance(value, list):
        return [to_request(v, shape.member, rename) for v in value]
    if kind == "map" and isinstance(value, dict):
        return {k: to_request(v, shape.value, rename) for k, v in value.items()}
    if kind == "string" and not isinstance(value, str):
        return dumps(value)
    if kind == "blob":
        return (value if isinstance(value, str) else dumps(value)).encode()
    if kind == "timestamp":
        seconds = language_times.parse(value) if isinstance(value, str) else value
        return value if seconds is None else from_timestamp(seconds)
    if isinstance(value, str) and kind in SCALARS:
        return SCALARS[kind](value)
    return value


SCALARS: dict[str, Callable[[str], Any]] = {
    "boolean": lambda text: text == "true",
    **dict.fromkeys(("integer", "long"), lambda text: int(float(text))),
    **dict.fromkeys(("float", "double"), float),
}
"""Texts that stand for other scalars; whether they do has been looked at before (parameters.py)."""


def _structure(value: Any, shape: Any, rename: Renaming) -> Any:
    if not isinstance(value, dict):
        return value
    names = members(shape, rename)
    request = {}
    for given, item in value.items():
        name = names.get(given)
        if name is None:
            raise StateError("States.Runtime", unsupported(given))
        if item is not None:
            request[name] = to_request(item, shape.members[name], rename)
    return request


def from_response(value: Any, shape: Any, rename: Renaming = capitalized) -> Any:
    """An answer of the API as a state sees it."""
    kind = shape.type_name
    if kind == "structure" and isinstance(value, dict):
        return {
            rename(shape, name): from_response(item, shape.members[name], rename)
            for name, item in value.items()
            if name in shape.members and item is not None
        }
    if kind == "list":
        return [from_response(v, shape.member, rename) for v in value]
    if kind == "map":
        return {k: from_response(v, shape.value, rename) for k, v in value.items()}
    if kind == "blob" or hasattr(value, "read") or isinstance(value, (bytes, bytearray)):
        return text_of(value)
    if isinstance(value, datetime):
        return language_times.write(value.timestamp())
    return value


def text_of(payload: Any) -> str:
    """A binary member, or a streaming one, as text."""
    if hasattr(payload, "read"):
        payload = payload.read()
    return payload if isinstance(payload, str) else bytes(payload).decode("utf-8", "replace")


def answer(resource: Resource, response: dict[str, Any]) -> dict[str, Any]:
    """An answer of the resource's operation as a state sees it."""
    shape = service_model(resource.service).operation_model(resource.operation).output_shape
    if shape is None:
        return {}
    found: dict[str, Any] = from_response(response, shape, renaming(resource))
    return found


def metadata(world: World, status: int = 200) -> dict[str, Any]:
    """What optimised integrations add: the answer's HTTP part (its headers are made up)."""
    id = world.db.scope.ids.uuid()
    headers = {"x-amzn-RequestId": id, "Content-Type": "application/json"}
    return {
        "SdkHttpMetadata": {
            "AllHttpHeaders": {k: [v] for k, v in headers.items()},
            "HttpHeaders": headers,
            "HttpStatusCode": status,
        },
        "SdkResponseMetadata": {"RequestId": id},
    }


# ---------------------------------------------------------------------- errors


def state_error(resource: Resource, error: AwsError, request_id: str) -> StateError:
    """An error of a service by the name that Step Functions gives it, with its cause."""
    name = _modelled(resource.service, error.code)
    if resource.kind == "sdk":
        prefix = sdk_names.client(resource.service)
        name = None if name is None else sdk_names.exception(name)
        ids = f"Request ID: {request_id}"
        if resource.service == "s3":  # recorded; the second id is made up
            ids += f", Extended Request ID: {b64encode(request_id.encode() * 2).decode()}"
        cause = f"{error.message} (Service: {prefix}, Status Code: {error.status}, {ids}) (SDK Attempt Count: 1)"
        return StateError(f"{prefix}.{name or prefix + 'Exception'}", cause)
    prefix, service = (
        ERROR_NAMES.get(resource.type) or ERROR_NAMES.get(resource.service) or (_plain(resource.service),) * 2
    )
    cause = (
        f"{error.message} (Service: {service}; Status Code: {error.status}; Error Code: {error.code}; "
        f"Request ID: {request_id}; Proxy: null)"
    )
    generic = service.removesuffix("v2") + "Exception"
    if name is not None and not name.endswith("Exception"):
        name += "Exception"
    return StateError(f"{prefix}.{name or generic}", cause)


def _plain(service: str) -> str:
    words = str(service_model(service).metadata.get("serviceId", service)).split()
    return "".join(word[:1].upper() + word[1:] for word in words)


@lru_cache(maxsize=2048)
def _modelled(service: str, code: str) -> str | None:
    """The shape for an error code, when the service's model has one."""
    shape = service_model(service).shape_for_error_code(code)
    if shape is None:
        shape = next((s for s in service_model(service).error_shapes if s.name == code), None)
    if shape is None:
        return None
    return str(shape.name)
