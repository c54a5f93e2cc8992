"""Lambda functions: by ARN, and ``lambda:invoke``.

https://docs.aws.amazon.com/step-functions/latest/dg/connect-lambda.html; payloads, errors and their spacing are recorded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ....core.arns import Arn
from ..language import StateError
from ..language.document import dumps, loads
from . import calls
from .resources import Resource
from .tasks import integration

if TYPE_CHECKING:
    from ..flow import World

INVOKE = Resource("lambda", "", "lambda", "invoke", "", "lambda", "Invoke")


def invoke_function(world: World, arn: str, payload: str, credentials: Any) -> str:
    """Invoke the function of an ARN; gives its payload as it came."""
    parsed = Arn.parse(arn)
    assert parsed is not None
    request = {"FunctionName": arn, "Payload": payload.encode()}
    response = calls.send(world, INVOKE, request, credentials, region=parsed.region, account=parsed.account)
    text = calls.text_of(response.get("Payload") or b"null")
    if response.get("FunctionError"):
        raise function_error(text, text)
    return text or "null"


def function_error(payload: str, cause: str) -> StateError:
    """A function that raised: its error's type is the name, its payload the cause."""
    try:
        error = loads(payload)
    except ValueError:
        error = None
    if isinstance(error, dict) and error.get("errorType"):
        return StateError(str(error["errorType"]), cause)
    unknown = "The cause could not be determined because Lambda did not return an error type. Returned payload: "
    return StateError("Lambda.Unknown", unknown + payload)


@integration("lambda", "invoke")
def invoke(world: World, resource: Resource, parameters: dict[str, Any], credentials: Any) -> Any:
    """The answer with the payload as JSON, and the HTTP part."""
    request = dict(parameters)
    payload = request.pop("Payload", None)
    # recorded: a text is sent as it is, null as an empty object
    text = payload if isinstance(payload, str) else dumps({} if payload is None else payload)
    response = calls.call(world, resource, {**request, "Payload": text}, credentials)
    returned = calls.text_of(response.get("Payload") or b"")
    value = _value(returned)
    if response.get("FunctionError"):
        raise function_error(returned, dumps(value))
    answer: dict[str, Any] = {"ExecutedVersion": response.get("ExecutedVersion", "$LATEST")}
    if response.get("LogResult"):
        answer["LogResult"] = response["LogResult"]
    if returned:
        answer["Payload"] = value
    status = response.get("StatusCode", 200)
    return {**answer, **calls.metadata(world, status), "StatusCode": status}


def _value(text: str) -> Any:
    try:
        return loads(text)
    except ValueError:
        return text
