"""The access log of a stage, a line per request as its format says, to a log group or a Firehose stream.

https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-access-logging.html; the variables:
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-variables-for-access-logging.html. What a variable has
no value for is ``-``.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from ....core.agenda import job
from ....core.arns import Arn
from ....core.errors import AwsError
from ....core.hosts import Response
from ....core.scope import Scope
from ..gateway import State, bad_request
from .exchange import Exchange

VARIABLE = re.compile(r"\$context\.([A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*)")
IDS = ("$context.requestId", "$context.extendedRequestId")


def check_format(format: str) -> None:
    """One line, with an id of the request in it (the page above). The first message is reported, the second a guess."""
    if "\n" in format.rstrip("\n"):
        raise bad_request(
            "Invalid format: Access Log format must be single line, new line character is allowed only at end of the format"
        )
    if not any(name in format for name in IDS):
        raise bad_request(
            "Invalid format: Access Log format must contain $context.requestId or $context.extendedRequestId"
        )


def check_destination(db: State, text: str) -> None:
    """A log group or a Firehose stream whose name begins as the page above says; guesses at the words."""
    arn = Arn.parse(text.removesuffix(":*"))
    if arn is None or (arn.service, arn.resource.partition(":")[0].partition("/")[0]) not in (
        ("logs", "log-group"),
        ("firehose", "deliverystream"),
    ):
        raise bad_request("Invalid ARN specified in the request. Expected a log group or a Firehose stream")
    if arn.service == "firehose":
        if not arn.resource.startswith("deliverystream/amazon-apigateway-"):
            raise bad_request("The Firehose stream's name must begin with amazon-apigateway-")
        return
    name = arn.resource.removeprefix("log-group:")
    there = db.scope.call("logs", "DescribeLogGroups", {"logGroupNamePrefix": name}, caller="apigateway")["logGroups"]
    if not any(group["logGroupName"] == name for group in there):
        raise bad_request(f"The specified log group does not exist: {name}")


def write(x: Exchange, response: Response, started: float) -> None:
    """Log a request when it is answered."""
    settings = x.stage.get("accessLogSettings") or {}
    if not settings.get("destinationArn") or not settings.get("format"):
        return
    scope = x.db.scope
    values = _values(x, response, started)
    line = VARIABLE.sub(lambda match: _value(values, match[1]), settings["format"])
    arn = Arn.parse(settings["destinationArn"].removesuffix(":*"))
    assert arn is not None
    if arn.service == "firehose":
        scope.later(0, "apigateway:access_log", stream=arn.resource.partition("/")[2], line=line)
        return
    stream = hashlib.md5(f"access {x.api_id}/{x.stage_name}".encode(), usedforsecurity=False).hexdigest()
    scope.log(arn.resource.removeprefix("log-group:"), stream, [(scope.timestamp(), line)], create=False)


@job("apigateway:access_log")
def _to_firehose(scope: Scope, stream: str, line: str) -> None:
    record = {"Data": (line if line.endswith("\n") else line + "\n").encode()}
    request = {"DeliveryStreamName": stream, "Record": record}
    try:
        scope.call("firehose", "PutRecord", request, caller="apigateway")
    except AwsError as e:
        scope.report_failure(f"apigateway:{stream}", f"an access log was not delivered to {stream}", str(e))


def _values(x: Exchange, response: Response, started: float) -> dict[str, Any]:
    latency = int((x.db.scope.timestamp() - started) * 1000)
    found: dict[str, Any] = {
        **x.context,
        "status": response.status,
        "responseLength": len(response.body),
        "responseLatency": latency,
    }
    if x.answer is not None:
        failed = x.logged[-1] if x.error is not None and x.logged else None
        found |= {
            "integrationLatency": x.latency,
            "integrationStatus": x.answer.status,
            "integrationErrorMessage": failed,
            "integration": {
                "latency": x.latency,
                "integrationStatus": x.answer.status,
                "status": x.answer.status,
                "error": failed,
            },
        }
    if "Sampled=1" in x.trace:
        found["xrayTraceId"] = x.trace.partition(";")[0].removeprefix("Root=")
    return found


def _value(values: Mapping[str, Any], path: str) -> str:
    found: Any = values
    for name in path.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    if found is None or isinstance(found, Mapping):
        return "-"
    return str(found).lower() if isinstance(found, bool) else str(found)
