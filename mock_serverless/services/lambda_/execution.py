"""Running a version of a function: which version, which environment, and what limits stand in the way."""

from __future__ import annotations

import json
from dataclasses import dataclass
from string import ascii_letters
from typing import Any

from ...core.errors import AwsError, NotSupported
from ...core.guest import place
from ...core.logbook import Line
from ...core.principals import secrets_of
from ...core.scope import Scope
from .configuration import runtime_arn
from .keys import check_variables
from .names import Target, find
from .runtime.environment import Environment, Invocation, Outcome
from .runtime.logs import LEVELS, Log, platform_event
from .snapstart import check_invocable, check_restored
from .store import LATEST, Function, State, Version

LOOP_LIMIT = 16
"""https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html: a function is run so often in one chain."""
Chain = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Run:
    """A finished invocation."""

    version: Version
    outcome: Outcome
    log: Log


def chain() -> Chain:
    """The functions whose invocations led here, one in the other; in threads which a function has started, too."""
    here = place()
    found: Chain = () if here is None else here.chain
    return found


def run(target: Target, invocation: Invocation, led_by: Chain) -> Run:
    """Run the version that is meant. Raises AwsError when it may not run now."""
    state, function = target.state, target.there()
    version = _choose(target)
    check_invocable(version)
    _check_runtime(function, version)
    links = (*led_by, state.arn(function.name))
    if links.count(links[-1]) > LOOP_LIMIT and function.recursive_loop == "Terminate":
        raise AwsError(
            "RecursiveInvocationException",
            "Lambda has detected your function being invoked in a recursive loop with other Amazon Web Services resources "
            "and stopped your function's invocation.",
            Type="User",
        )
    environments = state.environments
    _check_concurrency(function, environments.busy.get(function.name, 0))
    environment = _environment(state, function, version)
    if environment.cold:
        check_variables(state.scope, version.settings)
    prelude = [_first_line(state, version, environment)] if environment.cold or environment.to_restore else []
    environment.process.chain = links
    environments.busy[function.name] = environments.busy.get(function.name, 0) + 1
    try:
        outcome, log = environment.run(invocation)
    finally:
        environments.busy[function.name] -= 1
    keep(state, function, version, environment)
    group = version.settings["LoggingConfig"]["LogGroup"]
    state.logs.setdefault(group, []).append(log.lines)
    state.scope.log(group, environment.log_stream, [*prelude, *log.lines] if prelude else log.lines)
    check_restored(outcome)
    return Run(version, outcome, log)


def _first_line(state: State, version: Version, environment: Environment) -> Line:
    when, text = init_start(state, version)
    if not environment.to_restore or not text:
        return when, text
    if not text.startswith("{"):
        return when, text.replace("INIT_START", "RESTORE_START", 1)
    record = json.loads(text)["record"]
    kept = {"runtimeVersion": record["runtimeVersion"], "runtimeVersionArn": record["runtimeVersionArn"]}
    return when, platform_event(when, "platform.restoreStart", kept)


def init_start(state: State, version: Version) -> Line:
    """What stands before everything else of a new environment; in CloudWatch Logs only.

    https://docs.aws.amazon.com/lambda/latest/dg/runtimes-update.html: INIT_START; the number of the runtime's version is made up.
    """
    settings, now = version.settings, state.scope.timestamp()
    logging, runtime = settings["LoggingConfig"], settings["Runtime"]
    number, arn = (
        f"{runtime.rstrip('.0123456789')}:{runtime.lstrip(ascii_letters)}.v1",
        runtime_arn(state.scope, runtime),
    )
    if logging["LogFormat"] != "JSON":
        return now, f"INIT_START Runtime Version: {number}\tRuntime Version ARN: {arn}\n"
    if LEVELS[logging["SystemLogLevel"]] > LEVELS["INFO"]:
        return now, ""
    kind = initialization_type(version)
    record = {"initializationType": kind, "phase": "init", "runtimeVersion": number, "runtimeVersionArn": arn}
    return now, platform_event(now, "platform.initStart", record)


def initialization_type(version: Version) -> str:
    """https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html; SnapStart is for published versions only."""
    snap = version.settings["SnapStart"]["ApplyOn"] == "PublishedVersions" and version.number != LATEST
    return "snap-start" if snap else "on-demand"


def _choose(target: Target) -> Version:
    """The version; an alias with weights is asked for one by chance."""
    alias = target.alias()
    if alias is None or not alias.weights:
        return target.version()
    chance = target.state.scope.ids.random.random()
    for number, weight in alias.weights.items():
        chance -= weight
        if chance < 0:
            return target._replace(qualifier=number).version()
    return target.version()


def _check_runtime(function: Function, version: Version) -> None:
    runtime = version.settings["Runtime"]
    if version.code.handler is None and not runtime.startswith("python"):
        raise NotSupported(
            f"lambda: mock_serverless runs Python only, and {function.name} has the runtime {runtime}.\n"
            f"Put a Python callable in its place:  cloud.function({function.name!r}, handler)\n"
            'Or stub the call:                    cloud.stub("lambda", "Invoke", ...)'
        )


def _check_concurrency(function: Function, busy: int) -> None:
    if function.reserved is not None and busy >= function.reserved:
        reason = "ReservedFunctionConcurrentInvocationLimitExceeded"
        raise AwsError("TooManyRequestsException", "Rate Exceeded.", 429, Reason=reason, Type="User")


# ---------------------------------------------------------------------- environments


def _environment(state: State, function: Function, version: Version) -> Environment:
    idle = state.environments.idle.get((function.name, version.number))
    while idle:
        of, environment = idle.pop()
        if of.code is version.code and of.settings is version.settings:
            return environment
    return new_environment(state, function, version)


def keep(state: State, function: Function, version: Version, environment: Environment) -> None:
    """Have an environment ready for the next invocation, if it and its function are still there."""
    if environment.alive and state.functions.get(function.name) is function:
        state.environments.idle.setdefault((function.name, version.number), []).append((version, environment))


def new_environment(state: State, function: Function, version: Version) -> Environment:
    """A cold one."""
    scope, code = state.scope, version.code
    stream = f"{scope.now():%Y/%m/%d}/[{version.number}]{scope.ids.hex(32)}"
    variables = _variables(state, function, version, stream)
    package = None if code.handler is not None else code.package
    return Environment(scope, function.name, version.number, version.settings, variables, package, code.handler, stream)


def _variables(state: State, function: Function, version: Version, stream: str) -> dict[str, str]:
    """https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html"""
    scope, settings = state.scope, version.settings
    key = access_key(state, function, version)
    secret, token = secrets_of(key)
    reserved = {
        "AWS_REGION": scope.region,
        "AWS_DEFAULT_REGION": scope.region,
        "AWS_ACCESS_KEY_ID": key,
        "AWS_SECRET_ACCESS_KEY": secret,
        "AWS_SESSION_TOKEN": token,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{settings['Runtime']}",
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_VERSION": version.number,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(settings["MemorySize"]),
        "AWS_LAMBDA_INITIALIZATION_TYPE": initialization_type(version),
        "AWS_LAMBDA_LOG_GROUP_NAME": settings["LoggingConfig"]["LogGroup"],
        "AWS_LAMBDA_LOG_STREAM_NAME": stream,
        "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
        "_HANDLER": settings["Handler"],
    }
    if settings["LoggingConfig"]["LogFormat"] == "JSON":
        reserved["AWS_LAMBDA_LOG_FORMAT"] = "JSON"
        reserved["AWS_LAMBDA_LOG_LEVEL"] = settings["LoggingConfig"]["ApplicationLogLevel"]
    if (
        initialization_type(version) == "snap-start"
    ):  # https://docs.aws.amazon.com/lambda/latest/dg/snapstart-monitoring.html
        del reserved["AWS_LAMBDA_LOG_GROUP_NAME"], reserved["AWS_LAMBDA_LOG_STREAM_NAME"]
    if version.code.handler is None:
        reserved |= {
            "LANG": "en_US.UTF-8",
            "TZ": ":UTC",
            "LAMBDA_RUNTIME_DIR": "/var/runtime",
            "PYTHONPATH": "/var/runtime",
        }
    return {**settings.get("Environment", {}).get("Variables", {}), **reserved}


def access_key(state: State, function: Function, version: Version) -> str:
    """Of the session of the function's role in which its code runs; the session is called as the function.

    https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html
    """
    return state.scope.assume(version.settings["Role"], function.name)


def as_role_of(scope: Scope, function: str) -> Scope:
    """A scope whose calls are made in a session of the role of a function (its ARN), as event source mappings call.

    What AWS calls that session is a guess: as the function.
    """
    try:
        target = find(scope.state(), {"FunctionName": function})
        return scope.acting_as(target.version().settings["Role"], target.name)
    except AwsError:  # it isn't there any more
        return scope


def error_of(outcome: Outcome) -> dict[str, Any]:
    """The document of an error outcome."""
    document: dict[str, Any] = json.loads(outcome.payload)
    return document
