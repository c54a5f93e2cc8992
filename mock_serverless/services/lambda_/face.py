"""``cloud.function``: a Python callable as a Lambda function, and what functions have logged.

::

    cloud.function("orders", handler, timeout=10, environment={"TABLE": "orders"})

    @cloud.function("orders")
    def handler(event, context): ...

The callable is run as AWS would run it: event and answer go through JSON, its time is virtual and limited, what it
raises becomes a FunctionError. The test's environment variables stay visible under the function's own, since the callable was
imported in them; its module's globals are the test's too.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar, overload

from ...core.operation import checker, load, service_model
from ...core.shapes import problems
from .configuration import DEFAULTS, changed, check_new_name, check_tags
from .errors import function_not_found
from .functions import create
from .store import Code, State, name_of

if TYPE_CHECKING:
    from ...cloud import Cloud

Handler = TypeVar("Handler", bound=Callable[..., Any])


class LambdaFace:
    """See the top of this file; ``cloud.function`` is one of these."""

    def __init__(self, cloud: Cloud) -> None:
        load("lambda")
        self._cloud = cloud

    @overload
    def __call__(
        self,
        name: str,
        handler: Callable[..., Any],
        *,
        timeout: int = 3,
        memory: int = 128,
        environment: Mapping[str, str] | None = None,
        role: str | None = None,
        description: str = "",
        tags: Mapping[str, str] | None = None,
        account: str | None = None,
        region: str | None = None,
    ) -> str: ...
    @overload
    def __call__(
        self,
        name: str,
        *,
        timeout: int = 3,
        memory: int = 128,
        environment: Mapping[str, str] | None = None,
        role: str | None = None,
        description: str = "",
        tags: Mapping[str, str] | None = None,
        account: str | None = None,
        region: str | None = None,
    ) -> Callable[[Handler], Handler]: ...
    def __call__(
        self,
        name: str,
        handler: Callable[..., Any] | None = None,
        *,
        timeout: int = 3,
        memory: int = 128,
        environment: Mapping[str, str] | None = None,
        role: str | None = None,
        description: str = "",
        tags: Mapping[str, str] | None = None,
        account: str | None = None,
        region: str | None = None,
    ) -> Any:
        """Make a callable ``handler(event, context)`` a function; gives its ARN, or a decorator when the handler is left out.

        ``timeout`` in seconds (1 to 900), ``memory`` in MB, ``environment``: its own variables; ``role``: the ARN of the role
        whose session it calls in, one of the function's name unless named; ``account`` and ``region``: the cloud's own unless
        named. A function of that name which is there already gets this callable as its new code. Raises
        TypeError for a coroutine function (AWS's Python runtime awaits nothing) and for settings of a wrong type, AwsError for
        settings that AWS refuses.
        """
        self._cloud.check_open()
        request = {
            "Role": role,
            "Timeout": timeout,
            "MemorySize": memory,
            "Description": description,
            "Environment": {"Variables": dict(environment)} if environment else None,
        }

        def register(found: Handler) -> Handler:
            self._put(name, found, request, dict(tags or {}), account, region)
            return found

        if handler is None:
            return register
        register(handler)
        return self._state(account, region).arn(name)

    def logs(self, name: str, *, account: str | None = None, region: str | None = None) -> list[str]:
        """The lines which a function has logged so far, oldest first.

        CloudWatch Logs has them as events, and before the first ones of an environment its INIT_START.

        Raises AwsError (ResourceNotFoundException) when there is no such function, and there was none that has logged.
        """
        state = self._state(account, region)
        function = state.functions.get(name)
        group = f"/aws/lambda/{name}" if function is None else function.latest.settings["LoggingConfig"]["LogGroup"]
        if function is None and group not in state.logs:
            raise function_not_found(state.arn(name))
        texts = [text for lines in state.logs.get(group, []) for _, text in lines]
        return [line for text in texts for line in text.removesuffix("\n").split("\n")]

    # ------------------------------------------------------------------

    def _state(self, account: str | None, region: str | None) -> State:
        state: State = self._cloud.state_of("lambda", account or self._cloud.account, region or self._cloud.region)
        return state

    def _put(
        self,
        name: str,
        handler: Callable[..., Any],
        request: dict[str, Any],
        tags: dict[str, str],
        account: str | None,
        region: str | None,
    ) -> None:
        _check_handler(handler)
        state = self._state(account, region)
        scope = state.scope
        runtime = f"python3.{min(sys.version_info.minor, 14)}"
        role = f"arn:{scope.partition}:iam::{scope.account}:role/{name}"
        given = {**DEFAULTS, "Runtime": runtime, "Role": role, "Handler": name_of(handler)}
        _check_request({"FunctionName": name, "Code": {}, "Tags": tags, **request, "Role": request["Role"] or role})
        check_new_name(name, name)
        check_tags(tags)
        settings = changed(scope, name, given, request)
        function = state.functions.get(name)
        if function is None:
            create(state, name, settings, Code(handler=handler), tags, ready=True)
        else:
            state.put_latest(function, settings=settings, code=Code(handler=handler), updating=False, state="Active")


def _check_request(request: dict[str, Any]) -> None:
    """What botocore (TypeError) and AWS's front end (AwsError) would say to these as parameters of CreateFunction."""
    given = {k: v for k, v in request.items() if v is not None}
    wrong = problems(given, service_model("lambda").operation_model("CreateFunction").input_shape)
    if wrong:
        raise TypeError(f"cloud.function: {'; '.join(wrong)}")
    checker("lambda", "CreateFunction")(given)


def _check_handler(handler: Any) -> None:
    if not callable(handler):
        raise TypeError(f"a handler is a callable of (event, context), not {handler!r}")
    if any(map(inspect.iscoroutinefunction, (handler, type(handler).__call__))):
        raise TypeError(
            f"{name_of(handler)} is a coroutine function, and AWS's Python runtime awaits nothing: "
            "call asyncio.run in a handler of (event, context)"
        )
