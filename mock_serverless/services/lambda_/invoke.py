"""Invoke: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html"""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from ...core.errors import AwsError, NotSupported
from ...core.operation import operation
from . import asynchronous
from .errors import function_not_found
from .execution import chain, run
from .names import Target, find
from .permissions import authorise
from .runtime.environment import Invocation
from .runtime.logs import tail
from .store import LATEST, State

# bytes of a request; 1 MB for events: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
LIMITS = {"RequestResponse": 6_291_456, "Event": 1_048_576, "DryRun": 6_291_456}
CLIENT_CONTEXT_LIMIT = 3583


@operation
def invoke(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """Run a function, now or (Event) later."""
    kind = request.get("InvocationType") or "RequestResponse"
    for member in ("DurableExecutionName", "TenantId"):
        if request.get(member):
            raise NotSupported(f"lambda.Invoke: mock_serverless does not implement {member}.")
    target = _target(state, request)
    payload = _payload(request, kind)
    if kind == "DryRun":
        return _accepted(204)
    if kind == "Event":
        asynchronous.queue(target, payload, chain())
        return _accepted(202)
    context = _client_context(request)
    invocation = Invocation(state.scope.ids.uuid(), target.arn, payload, context)
    finished = run(target, invocation, chain())
    failed = {} if finished.outcome.kind is None else {"FunctionError": "Unhandled"}
    response: dict[str, Any] = {  # what is wrong stands first, since the journal shows the beginning
        "StatusCode": 200,
        **failed,
        "Payload": finished.outcome.payload,
        "ExecutedVersion": finished.version.number,
    }
    if request.get("LogType") == "Tail":
        response["LogResult"] = base64.b64encode(tail([finished.log.text()])).decode()
    return response


@operation
def invoke_async(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/lambda/latest/api/API_InvokeAsync.html"""
    target = _target(state, request)
    asynchronous.queue(target, _payload({"Payload": request["InvokeArgs"]}, "Event"), chain())
    return {"Status": 202, "ResponseMetadata": {"HTTPStatusCode": 202}}


def _accepted(status: int) -> dict[str, Any]:
    return {"StatusCode": status, "Payload": b"", "ResponseMetadata": {"HTTPStatusCode": status}}


def _target(state: State, request: dict[str, Any]) -> Target:
    target = find(state, request)
    function, qualifier = target.function, target.qualifier or LATEST
    if function is None or (function.version(qualifier) is None and qualifier not in function.aliases):
        raise function_not_found(target.state.arn(target.name, qualifier))
    authorise(target, "InvokeFunction")
    return target


# ---------------------------------------------------------------------- what the caller sends


def _payload(request: dict[str, Any], kind: str) -> bytes:
    given: Any = request.get("Payload")
    if hasattr(given, "read"):
        given = given.read()
    payload = given.encode() if isinstance(given, str) else bytes(given or b"")
    if len(payload) > LIMITS[kind]:
        message = f"Request must be smaller than {LIMITS[kind]} bytes for the InvokeFunction operation"
        raise AwsError("RequestEntityTooLargeException", message, 413)
    if not payload:
        return b"{}"
    try:
        json.loads(payload, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise _unparsable(payload) from None
    return payload


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def _unparsable(payload: bytes) -> AwsError:
    """The words are those of AWS's JSON parser for a word that is no JSON; for other mistakes the beginning is AWS's."""
    text = payload.decode("utf-8", "replace")
    word = text.split(maxsplit=1)[0] if text.strip() else ""
    what = "was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
    if word.isalnum() and not word[0].isdigit():
        where = f' at [Source: (byte[])"{text}"; line: 1, column: {len(word) + 1}]'
        detail = f"Unrecognized token '{word}': {what}\n{where}"
    else:
        detail = f"Unexpected content: {what}"
    message = f"Could not parse request body into json: Could not parse payload into json: {detail}"
    return AwsError("InvalidRequestContentException", message, 400, Type="User")


def _client_context(request: dict[str, Any]) -> dict[str, Any] | None:
    text = request.get("ClientContext")
    if not text:
        return None
    try:
        context = json.loads(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        context = None
    if not isinstance(context, dict) or len(text) > CLIENT_CONTEXT_LIMIT:
        message = "Client context must be a valid Base64-encoded JSON object."
        raise AwsError("InvalidRequestContentException", message, 400, Type="User")
    return context
