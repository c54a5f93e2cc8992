"""The members of a function's configuration: defaults, AWS's checks of them, and how they are answered.

https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html. Every member which a request may have is in MEMBERS;
what is not there is refused by name, so that nothing is accepted that then does nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

from ...core.constraints import validation_error, violation
from ...core.errors import AwsError, NotSupported
from ...core.operation import service_model
from ...core.scope import Scope
from .errors import invalid
from .keys import check_grant
from .store import Version

# recorded, in this order
_RUNTIMES = """
nodejs20.x python3.14 provided.al2023 python3.12 python3.13 nodejs24.x nodejs22.x java25 python3.10
python3.11 java21 ruby3.3 ruby3.4 ruby3.2 python3.8 python3.9 java17 nodejs16.x dotnet10 dotnet8 java11
dotnet6 nodejs18.x provided.al2 java8.al2
"""
RUNTIMES = _RUNTIMES.split()
# runtimes that AWS had once and refuses by name (recorded for some; the list is that of botocore's enum)
_RETIRED = """
nodejs nodejs4.3 nodejs6.10 nodejs8.10 nodejs10.x nodejs12.x nodejs14.x java8 python2.7 python3.6 python3.7
dotnetcore1.0 dotnetcore2.0 dotnetcore2.1 dotnetcore3.1 nodejs4.3-edge go1.x ruby2.5 ruby2.7 provided
"""
RETIRED = frozenset(_RETIRED.split())
TAGS_LIMIT = 50
TIMEOUT_LIMIT = 900
ENVIRONMENT_LIMIT = 4096
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
_RESERVED = """
_HANDLER _X_AMZN_TRACE_ID AWS_DEFAULT_REGION AWS_REGION AWS_EXECUTION_ENV AWS_LAMBDA_FUNCTION_NAME
AWS_LAMBDA_FUNCTION_MEMORY_SIZE AWS_LAMBDA_FUNCTION_VERSION AWS_LAMBDA_INITIALIZATION_TYPE
AWS_LAMBDA_LOG_GROUP_NAME AWS_LAMBDA_LOG_STREAM_NAME AWS_ACCESS_KEY AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
AWS_SESSION_TOKEN AWS_LAMBDA_RUNTIME_API LAMBDA_TASK_ROOT LAMBDA_RUNTIME_DIR
"""
RESERVED = frozenset(_RESERVED.split())


def changed(scope: Scope, name: str, before: dict[str, Any], request: dict[str, Any]) -> dict[str, Any]:
    """The settings after a request to create or update: AWS's members, checked and filled in."""
    settings = dict(before)
    for member, value in request.items():
        if member in ELSEWHERE or value is None:
            continue
        put = MEMBERS.get(member)
        if put is None:
            raise NotSupported(
                f"lambda: mock_serverless does not implement {member} of functions. Leave it out of what your test creates."
            )
        result = put(scope, settings, value)
        if result is not None:
            settings[member] = result
    logs = settings.get("LoggingConfig", {"LogFormat": "Text"})
    if not logs.get("LogGroup"):
        settings["LoggingConfig"] = {**logs, "LogGroup": f"/aws/lambda/{name}"}
    return settings


DEFAULTS: dict[str, Any] = {
    "Description": "",
    "Timeout": 3,
    "MemorySize": 128,
    "PackageType": "Zip",
    "Architectures": ["x86_64"],
    "EphemeralStorage": {"Size": 512},
    "TracingConfig": {"Mode": "PassThrough"},
    "SnapStart": {"ApplyOn": "None"},
}
# members of the requests that say something else than how the function is configured
ELSEWHERE = frozenset({"FunctionName", "Code", "Publish", "Tags", "RevisionId"})

Put = Callable[[Scope, dict[str, Any], Any], Any]


def _as_it_is(scope: Scope, settings: dict[str, Any], value: Any) -> Any:
    return value


def _timeout(scope: Scope, settings: dict[str, Any], value: int) -> int:
    if value > TIMEOUT_LIMIT:  # not in botocore's model
        constraint = f"Member must have value less than or equal to {TIMEOUT_LIMIT}"
        raise validation_error([violation(value, "timeout", constraint)])
    return value


def _key(scope: Scope, settings: dict[str, Any], value: str) -> str:
    if value:
        check_grant(scope, value, settings["Role"])
    return value


def _over_default(member: str) -> Put:
    """A structure whose members may be left out."""

    def put(scope: Scope, settings: dict[str, Any], value: dict[str, Any]) -> dict[str, Any]:
        return {**DEFAULTS[member], **{k: v for k, v in value.items() if v is not None}}

    return put


def _runtime(scope: Scope, settings: dict[str, Any], value: str) -> str:
    if value in RUNTIMES:
        return value
    if value in RETIRED:
        raise invalid(
            f"The runtime parameter of {value} is no longer supported for creating or updating AWS Lambda functions. "
            "We recommend you use a supported runtime while creating or updating functions."
        )
    known = service_model("lambda").shape_for("Runtime").enum
    if value in known:  # newer than what was recorded
        return value
    raise invalid(
        f"Value {value} at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: "
        f"[{', '.join(RUNTIMES)}] or be a valid ARN"
    )


def _environment(scope: Scope, settings: dict[str, Any], value: dict[str, Any]) -> dict[str, Any]:
    variables = dict(value.get("Variables") or {})
    reserved = [k for k in variables if k in RESERVED]
    trouble = (
        "Lambda was unable to configure your environment variables because the environment variables you have provided "
    )
    if reserved:
        raise invalid(
            trouble + "contains reserved keys that are currently not supported for modification. "
            f"Reserved keys used in this request: {', '.join(reserved)}"
        )
    measured = json.dumps(variables, separators=(",", ":"), ensure_ascii=False)
    if len(measured.encode()) > ENVIRONMENT_LIMIT:
        raise invalid(f"{trouble}exceeded the 4KB limit. String measured: {measured}")
    return {"Variables": variables}


def _dead_letters(scope: Scope, settings: dict[str, Any], value: dict[str, Any]) -> dict[str, Any] | None:
    if "TargetArn" not in value:  # recorded: changes nothing
        return None
    target = value["TargetArn"]
    if not target:
        settings.pop("DeadLetterConfig", None)
        return None
    if target.split(":")[2:3] not in (["sqs"], ["sns"]):
        raise invalid(f"The provided target ARN {target} is invalid.")  # a guess at the words
    return {"TargetArn": target}


def _network(scope: Scope, settings: dict[str, Any], value: dict[str, Any]) -> dict[str, Any] | None:
    subnets, groups = list(value.get("SubnetIds") or ()), list(value.get("SecurityGroupIds") or ())
    vpc = ""
    if subnets:
        found = scope.call("ec2", "DescribeSubnets", {"SubnetIds": subnets}, caller="lambda")["Subnets"]
        vpc = found[0]["VpcId"]
    elif "VpcConfig" not in settings:
        return None
    dual = bool(value.get("Ipv6AllowedForDualStack", False))
    return {"SubnetIds": subnets, "SecurityGroupIds": groups, "VpcId": vpc, "Ipv6AllowedForDualStack": dual}


def _logging(scope: Scope, settings: dict[str, Any], value: dict[str, Any]) -> dict[str, Any]:
    before = settings.get("LoggingConfig", {})
    after = {**before, **{k: v for k, v in value.items() if v is not None}}
    after.setdefault("LogFormat", "Text")
    levels = ("ApplicationLogLevel", "SystemLogLevel")
    if after["LogFormat"] == "Text":
        if any(value.get(level) for level in levels):
            raise invalid("To specify log level, LogFormat must be set to JSON.")  # a guess at the words
        return {k: v for k, v in after.items() if k not in levels}
    return {**dict.fromkeys(levels, "INFO"), **after}


def _only_empty(member: str) -> Put:
    def put(scope: Scope, settings: dict[str, Any], value: Any) -> None:
        if value:
            raise NotSupported(
                f"lambda: mock_serverless does not implement {member} of functions. Put what it would bring into the "
                "deployment package, or use cloud.function with a callable."
            )

    return put


def _package_type(scope: Scope, settings: dict[str, Any], value: str) -> str:
    if value != "Zip":
        raise NotSupported(
            "lambda: mock_serverless runs no container images. Create the function with cloud.function(name, handler) or "
            "from a zip."
        )
    return value


MEMBERS: dict[str, Put] = {
    "Runtime": _runtime,
    "Role": _as_it_is,
    "Handler": _as_it_is,
    "Description": _as_it_is,
    "Timeout": _timeout,
    "MemorySize": _as_it_is,
    "KMSKeyArn": _key,
    "TracingConfig": _over_default("TracingConfig"),
    "Architectures": _as_it_is,
    "EphemeralStorage": _over_default("EphemeralStorage"),
    "SnapStart": _over_default("SnapStart"),
    "PackageType": _package_type,
    "Environment": _environment,
    "DeadLetterConfig": _dead_letters,
    "VpcConfig": _network,
    "LoggingConfig": _logging,
    "Layers": _only_empty("Layers"),
    "FileSystemConfigs": _only_empty("FileSystemConfigs"),
    "ImageConfig": _only_empty("ImageConfig"),
    "CodeSigningConfigArn": _only_empty("CodeSigningConfigArn"),
}


def check_tags(tags: dict[str, str]) -> None:
    """Raises when they are too many."""
    if len(tags) > TAGS_LIMIT:
        raise invalid("Number of tags exceeds resource tag limit.")


def check_new_name(text: str, name: str) -> None:
    """Raises when a new function's name is too long."""
    if len(name) > 64:
        found = violation(text, "functionName", "Member must have length less than or equal to 64")
        raise AwsError("InvalidParameterValueException", f"1 validation error detected: {found}", 400, Type="User")


# ---------------------------------------------------------------------- answers


def answer(scope: Scope, name: str, version: Version, arn: str) -> dict[str, Any]:
    """A FunctionConfiguration."""
    settings = version.settings
    snap = settings["SnapStart"]["ApplyOn"]
    response: dict[str, Any] = {
        "FunctionName": name,
        "FunctionArn": arn,
        **{k: v for k, v in settings.items() if k != "SnapStart"},
        "CodeSize": version.code.size,
        "CodeSha256": version.code.sha256,
        "LastModified": last_modified(version.modified),
        "Version": version.number,
        "RevisionId": version.revision,
        "State": version.state,
        "SnapStart": {
            "ApplyOn": snap,
            "OptimizationStatus": "On" if snap != "None" and version.number != "$LATEST" else "Off",
        },
        "RuntimeVersionConfig": {"RuntimeVersionArn": runtime_arn(scope, settings["Runtime"])},
    }
    if version.state == "Pending":
        response |= {"StateReason": "The function is being created.", "StateReasonCode": "Creating"}
    elif version.state == "Failed":  # the words as those who publish with CloudFormation see them
        failed = {"Reason": "An error occurred during function initialization.", "ReasonCode": "FunctionError"}
        response |= {f"State{name}": text for name, text in failed.items()}
        response |= {"LastUpdateStatus": "Failed"} | {f"LastUpdateStatus{name}": text for name, text in failed.items()}
    elif version.updating:
        response |= {
            "LastUpdateStatus": "InProgress",
            "LastUpdateStatusReason": "The function is being created.",
            "LastUpdateStatusReasonCode": "Creating",
        }
    else:
        response["LastUpdateStatus"] = "Successful"
    return response


def listed(scope: Scope, name: str, version: Version, arn: str) -> dict[str, Any]:
    """As one of a list, which leaves its states and its runtime's version out.

    https://docs.aws.amazon.com/lambda/latest/api/API_ListFunctions.html
    """
    left_out = ("State", "LastUpdateStatus", "RuntimeVersionConfig")
    return {k: v for k, v in answer(scope, name, version, arn).items() if not k.startswith(left_out)}


def last_modified(timestamp: float) -> str:
    """``2026-01-31T12:00:00.000+0000``."""
    return datetime.fromtimestamp(timestamp, timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "+0000")


def runtime_arn(scope: Scope, runtime: str) -> str:
    """The ARN of a runtime's version."""
    digest = hashlib.sha256(runtime.encode()).hexdigest()
    return f"arn:{scope.partition}:lambda:{scope.region}::runtime:{digest}"
