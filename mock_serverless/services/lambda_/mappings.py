"""Event source mappings: create, get, list, update, delete.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html. A mapping is Enabled (Disabled, gone) as the next
due work; what is in the stream from its starting position on reaches the function.
"""

from __future__ import annotations

from typing import Any

from ...core.agenda import job
from ...core.arns import Arn
from ...core.clock import from_timestamp
from ...core.errors import NotSupported
from ...core.operation import operation, output_shape
from ...core.scope import Scope
from . import filters, queues, streams
from .configuration import check_tags
from .errors import conflict, invalid, no_such_resource
from .execution import as_role_of
from .names import Target, find, parse
from .pages import page
from .sources import dynamodb, kinesis, sqs
from .sources.registry import QueueSource, StreamSource, kind_of
from .store import LATEST, Mapping, State

SOURCES = (dynamodb, kinesis, sqs)

STREAM_DEFAULTS: dict[str, Any] = {
    "BatchSize": 100,
    "MaximumBatchingWindowInSeconds": 0,
    "ParallelizationFactor": 1,
    "DestinationConfig": {"OnFailure": {}},
    "MaximumRecordAgeInSeconds": -1,
    "BisectBatchOnFunctionError": False,
    "MaximumRetryAttempts": -1,
    "TumblingWindowInSeconds": 0,
    "FunctionResponseTypes": [],
}
QUEUE_DEFAULTS: dict[str, Any] = {"BatchSize": 10, "MaximumBatchingWindowInSeconds": 0, "FunctionResponseTypes": []}
ACCEPTED: dict[type, frozenset[str]] = {
    StreamSource: frozenset({*STREAM_DEFAULTS, "StartingPosition", "FilterCriteria"}),
    QueueSource: frozenset({*QUEUE_DEFAULTS, "FilterCriteria", "ScalingConfig"}),
}
ELSEWHERE = frozenset({"FunctionName", "EventSourceArn", "Enabled", "Tags", "UUID"})
STREAM_BATCH_LIMIT = 10_000


# ---------------------------------------------------------------------- checks


def _settings(kind: StreamSource | QueueSource, before: dict[str, Any], request: dict[str, Any]) -> dict[str, Any]:
    settings = dict(before)
    for member, value in request.items():
        if value is None or member in ELSEWHERE:
            continue
        if member == "FilterCriteria":
            filters.check(value)
            if not value.get("Filters"):
                settings.pop(member, None)
                continue
        if member not in ACCEPTED[type(kind)]:
            _refuse(kind, member)
        settings[member] = value
    for member, most in (("ParallelizationFactor", 1), ("TumblingWindowInSeconds", 0)):
        if settings.get(member, most) > most:
            raise NotSupported(f"lambda: mock_serverless does not implement {member} of event source mappings.")
    if settings["BatchSize"] > 10 and isinstance(kind, QueueSource) and not settings["MaximumBatchingWindowInSeconds"]:
        raise invalid("Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10")
    if isinstance(kind, StreamSource):
        settings["DestinationConfig"] = _destinations(settings["DestinationConfig"])
    return settings


def _destinations(given: dict[str, Any]) -> dict[str, Any]:
    """OnFailure alone; where records of discarded batches may go."""
    found = (given.get("OnFailure") or {}).get("Destination")
    arn = Arn.parse(found) if found else None
    if found and (arn is None or arn.service not in ("sqs", "sns", "s3")):
        raise invalid(f"The destination ARN {found} is invalid.")
    return {"OnFailure": {"Destination": found} if found else {}}


def _refuse(kind: StreamSource | QueueSource, member: str) -> None:
    if isinstance(kind, QueueSource) and member in (*STREAM_DEFAULTS, "StartingPosition"):
        raise invalid(f"Unsupported {member} parameter for given event source mapping type.")
    raise NotSupported(f"lambda: mock_serverless does not implement {member} of event source mappings.")


def _kind(request: dict[str, Any]) -> StreamSource | QueueSource:
    arn = request.get("EventSourceArn")
    if not arn:
        for member in ("SelfManagedEventSource", "AmazonManagedKafkaEventSourceConfig", "Topics", "Queues"):
            if request.get(member):
                raise NotSupported(f"lambda: mock_serverless does not implement event sources with {member}.")
        raise invalid("Unrecognized event source.")
    kind = kind_of(arn)
    if kind is None:
        parsed = Arn.parse(arn)
        if parsed is not None and parsed.service in ("kafka", "mq", "rds", "docdb"):
            raise NotSupported(f"lambda: mock_serverless does not implement {parsed.service} as an event source.")
        raise invalid("Unrecognized event source.")
    return kind


def _function(state: State, request: dict[str, Any]) -> Target:
    target = find(state, request)
    function, qualifier = target.function, target.qualifier or LATEST
    if function is None or (function.version(qualifier) is None and qualifier not in function.aliases):
        raise invalid("Function does not exist")
    return target


def _check_new(state: State, kind: StreamSource | QueueSource, target: Target, arn: str) -> None:
    for other in state.mappings.values():
        if other.settings["EventSourceArn"] == arn and other.function == target.arn:
            name = target.name
            if isinstance(kind, QueueSource):
                raise conflict(
                    f'An event source mapping with SQS arn (" {arn} ") and function (" {name} ") already exists. '
                    f"Please update or delete the existing mapping with UUID {other.uuid}"
                )
            raise conflict(
                f'The event source arn (" {arn} ") and function (" {name} ") provided mapping already exists. '
                f"Please update or delete the existing mapping with UUID {other.uuid}"
            )


# ---------------------------------------------------------------------- operations


@operation
def create_event_source_mapping(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html"""
    kind = _kind(request)
    is_stream = isinstance(kind, StreamSource)
    settings = _settings(kind, STREAM_DEFAULTS if is_stream else QUEUE_DEFAULTS, request)
    arn = request["EventSourceArn"]
    target = _function(state, request)
    check_tags(request.get("Tags") or {})
    if isinstance(kind, StreamSource):
        _check_position(kind, settings, arn)
    kind.check(as_role_of(state.scope, target.arn), arn)
    _check_new(state, kind, target, arn)
    uuid = state.scope.ids.uuid()
    enabled = request.get("Enabled", True) is not False
    mapping = Mapping(
        uuid,
        {"EventSourceArn": arn, **settings},
        target.arn,
        "Creating" if enabled else "Disabled",
        "No records processed",
        state.scope.timestamp(),
        dict(request.get("Tags") or {}),
    )
    state.mappings[uuid] = mapping
    if isinstance(kind, StreamSource):
        streams.begin(state.scope, kind, mapping)
    if enabled:
        state.scope.later(0, "lambda:mapping", uuid=uuid, becomes="Enabled")
    return {**_shown(state, mapping), "ResponseMetadata": {"HTTPStatusCode": 202}}


def _check_position(kind: StreamSource, settings: dict[str, Any], arn: str) -> None:
    position = settings.get("StartingPosition")
    if position is None:
        raise invalid(
            "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: "
            "Member must not be null."
        )
    if position not in kind.positions:
        if kind.service == "kinesis":
            raise NotSupported("lambda: mock_serverless does not implement StartingPosition AT_TIMESTAMP.")
        raise invalid(f"Unsupported starting position for arn type: {arn}")
    if settings["BatchSize"] > STREAM_BATCH_LIMIT:
        raise invalid(f"BatchSize must be at most {STREAM_BATCH_LIMIT}.")  # a guess at the words


def _mapping(state: State, request: dict[str, Any]) -> Mapping:
    mapping = state.mappings.get(request["UUID"])
    if mapping is None:
        raise no_such_resource()
    return mapping


@operation
def get_event_source_mapping(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/lambda/latest/api/API_GetEventSourceMapping.html"""
    return _shown(state, _mapping(state, request))


@operation
def list_event_source_mappings(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/lambda/latest/api/API_ListEventSourceMappings.html"""
    arn, name = request.get("EventSourceArn"), request.get("FunctionName")
    wanted = None if name is None else parse(name)
    found = [
        _shown(state, m)
        for m in state.mappings.values()
        if arn in (None, m.settings["EventSourceArn"])
        and (wanted is None or (wanted.name, wanted.qualifier) == (parse(m.function).name, parse(m.function).qualifier))
    ]
    shown, marker = page(found, request.get("Marker"), request.get("MaxItems"), 100)
    return {"EventSourceMappings": shown, **({"NextMarker": marker} if marker else {})}


@operation
def update_event_source_mapping(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/lambda/latest/api/API_UpdateEventSourceMapping.html"""
    mapping = _mapping(state, request)
    kind = kind_of(mapping.settings["EventSourceArn"])
    assert kind is not None
    settings = _settings(kind, mapping.settings, request)
    if request.get("FunctionName"):
        mapping.function = _function(state, request).arn
    mapping.settings = settings
    mapping.modified = state.scope.timestamp()
    was_enabled = mapping.state == "Enabled"
    enabled = request.get("Enabled", was_enabled)
    if enabled != was_enabled:
        mapping.state = "Enabling" if enabled else "Disabling"
    else:
        mapping.state = "Updating"
    _stop(state.scope, mapping)
    state.scope.later(0, "lambda:mapping", uuid=mapping.uuid, becomes="Enabled" if enabled else "Disabled")
    return {**_shown(state, mapping), "ResponseMetadata": {"HTTPStatusCode": 202}}


@operation
def delete_event_source_mapping(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/lambda/latest/api/API_DeleteEventSourceMapping.html"""
    mapping = _mapping(state, request)
    mapping.state = "Deleting"
    _stop(state.scope, mapping)
    state.scope.later(0, "lambda:mapping", uuid=mapping.uuid, becomes="Deleted")
    return {**_shown(state, mapping), "ResponseMetadata": {"HTTPStatusCode": 202}}


# ---------------------------------------------------------------------- becoming


@job("lambda:mapping")
def _become(scope: Scope, uuid: str, becomes: str) -> None:
    state: State = scope.state()
    mapping = state.mappings.get(uuid)
    if mapping is None:
        return
    if becomes == "Deleted":
        del state.mappings[uuid]
        return
    if mapping.state != "Deleting":
        mapping.state = becomes
        if becomes == "Enabled":
            _start(scope, mapping)


def _start(scope: Scope, mapping: Mapping) -> None:
    arn = mapping.settings["EventSourceArn"]
    kind = _job_of(arn)
    scope.watch(arn, kind, uuid=mapping.uuid, generation=mapping.generation)
    scope.later(0, kind, uuid=mapping.uuid, generation=mapping.generation)


def _stop(scope: Scope, mapping: Mapping) -> None:
    arn = mapping.settings["EventSourceArn"]
    scope.unwatch(arn, _job_of(arn), uuid=mapping.uuid, generation=mapping.generation)
    mapping.generation += 1


def _job_of(arn: str) -> str:
    return streams.JOB if isinstance(kind_of(arn), StreamSource) else queues.JOB


# ---------------------------------------------------------------------- answers


def _shown(state: State, mapping: Mapping) -> dict[str, Any]:
    scope = state.scope
    arn = f"arn:{scope.partition}:lambda:{scope.region}:{scope.account}:event-source-mapping:{mapping.uuid}"
    is_stream = isinstance(kind_of(mapping.settings["EventSourceArn"]), StreamSource)
    shown = {
        "UUID": mapping.uuid,
        "EventSourceMappingArn": arn,
        "FunctionArn": mapping.function,
        "LastModified": from_timestamp(mapping.modified),
        "State": mapping.state,
        "StateTransitionReason": "User action" if is_stream else "USER_INITIATED",
        **mapping.settings,
    }
    if is_stream:
        shown["LastProcessingResult"] = mapping.result
    members = output_shape("lambda", "GetEventSourceMapping").members
    return {member: value for member, value in shown.items() if member in members}
