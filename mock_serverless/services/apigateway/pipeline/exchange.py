"""One request and what becomes of it; the steps of the pipeline fill it in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ....core.hosts import Headers, Request, Response
from ..gateway import Api, Record, State


@dataclass(slots=True)
class Exchange:
    """What the steps know of a request, and what they have found out."""

    db: State
    api_id: str
    request: Request
    stage_name: str = ""
    path: str = ""  # below the stage, as sent
    api: Api = field(default_factory=lambda: Api({}))  # as deployed
    stage: Record = field(default_factory=dict)
    deployment: str = ""
    resource: Record = field(default_factory=dict)
    method: Record = field(default_factory=dict)
    headers: dict[str, list[str]] = field(default_factory=dict)  # as an integration may see them
    query: dict[str, list[str]] = field(default_factory=dict)
    path_parameters: dict[str, str] = field(default_factory=dict)
    stage_variables: dict[str, str] = field(default_factory=dict)
    context: dict[str, Any] = field(default_factory=dict)
    trace: str = ""
    answer: Answer | None = None  # the integration's
    response: Response | None = None  # the client's
    logged: list[str] = field(default_factory=list)  # an execution log's lines
    error: Refused | None = None
    latency: int = 0  # the integration's, in milliseconds
    notes: list[tuple[float, str]] | None = None  # what the stage's log group gets; None when nothing is logged
    levels: set[str] = field(default_factory=set)  # ERROR, INFO, DATA
    planned: str = ""  # the API key as the log shows it
    from_cache: bool = False  # the answer is one of the stage's cache
    tried: bool = False  # by TestInvokeMethod: no machine is on the request's way that would add to its headers
    warned: bool = False  # a fresh answer was wanted by somebody who may not

    @property
    def integration(self) -> Record:
        """The integration of the method."""
        found: Record = self.method["methodIntegration"]
        return found

    def header(self, name: str) -> str | None:
        """The last value of a header of the request."""
        name = name.lower()
        return next((values[-1] for key, values in self.headers.items() if key.lower() == name), None)

    def log(self, line: str) -> None:
        """A line of the execution log: something that went wrong, and what came of it."""
        self.logged.append(line)
        self.note("ERROR", line)

    def note(self, level: str, line: str) -> None:
        """A line for the stage's log group, if it logs this level."""
        if self.notes is not None and level in self.levels:
            self.notes.append((self.db.scope.timestamp(), line))

    def variables(self) -> dict[str, Any]:
        """``$context`` and ``$stageVariables``, for templates."""
        return {"context": self.context, "stageVariables": self.stage_variables}

    def params(self) -> dict[str, dict[str, str]]:
        """``$input.params()``."""
        return {
            "path": self.path_parameters,
            "querystring": {k: v[-1] for k, v in self.query.items()},
            "header": {k: v[-1] for k, v in self.headers.items()},
        }


@dataclass(frozen=True, slots=True)
class Answer:
    """What an integration answered; ``selected_by`` is what selection patterns look at."""

    status: int
    headers: Headers = ()
    body: bytes = b""
    selected_by: str = ""


class Refused(Exception):
    """API Gateway answers by itself, with a gateway response of this type."""

    def __init__(
        self, kind: str, message: str | None, status: int | None = None, error_type: str | None = None
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.status = status
        self.error_type = error_type


def misconfigured(problem: str, x: Exchange) -> Refused:
    """500: something about the API is wrong; the execution log says what."""
    x.log(f"Execution failed due to configuration error: {problem}")
    return Refused("API_CONFIGURATION_ERROR", "Internal server error")
