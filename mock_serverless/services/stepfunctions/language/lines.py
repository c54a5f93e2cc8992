"""Parallel and Map: states that have lines of states in them.

https://docs.aws.amazon.com/step-functions/latest/dg/state-parallel.html and state-map-inline.html. Which event comes after
which (``previousEventId``) is recorded: an iteration's own end does not count as the last event of its line, the end of the
whole state does when it failed.
"""

from __future__ import annotations

from typing import Any

from ....core.errors import NotSupported
from . import distributed, queries
from .document import Document
from .errors import NEVER_CAUGHT, Fault, StateError
from .interpreter import walk
from .positions import Line, position_of
from .retries import Next, guarded
from .states import state
from .visits import Branch, Visit

MOST_AT_A_TIME = 40
"""Iterations of an inline Map that run at the same time, at most: https://docs.aws.amazon.com/step-functions/latest/dg/state-map-inline.html"""
ABORTED = {kind: f"{kind}StateAborted" for kind in ("Task", "Wait", "Parallel", "Map")}


@state("Parallel")
async def parallel(visit: Visit) -> Next:
    """The same input to several lines, their outputs in an array."""
    return await guarded(visit, _branches, lambda v: _failed(v, "ParallelStateFailed"))


async def _branches(visit: Visit) -> Next:
    branch, env, resumed = visit.branch, visit.branch.run.env, visit.resumed
    data = queries.of(visit).before(visit)
    started = branch.emit("ParallelStateStarted", {}) if resumed is None else branch.last
    visit.attempted, visit.resumed = True, None
    lines = [branch.inner(b["States"], started) for b in visit.state["Branches"]]
    done: dict[int, Document] = {}
    before = dict(enumerate(resumed.lines)) if resumed is not None else {}

    async def run(index: int, line: Branch) -> Document:
        past = before.get(index, Line())
        if past.output is None:
            done[index] = await walk(line, visit.state["Branches"][index]["StartAt"], data, past.position)
        else:
            done[index] = past.output
        return done[index]

    visit.inside = lambda: tuple(Line(done.get(i), position_of(line)) for i, line in enumerate(lines))
    runs = [run(index, line) for index, line in enumerate(lines)]
    try:
        outputs: list[Document] = await env.gather(runs)
    except StateError as error:
        branch.last = error.event
        for line in lines if error.error != NEVER_CAUGHT else ():
            if line.visit is not None and line.visit.state["Type"] in ABORTED:
                env.emit(ABORTED[line.visit.state["Type"]], {}, line.last)
        raise
    branch.last = max(line.last for line in lines)
    return _leave(visit, outputs, env.emit("ParallelStateSucceeded", {}, branch.last))


def _leave(visit: Visit, outputs: list[Document], succeeded: int) -> Next:
    try:
        output, assigned = queries.of(visit).after(visit, Document.array(outputs))
    except Fault:
        visit.branch.last = succeeded  # passed by otherwise
        raise
    return visit.state.get("Next"), visit.leave(output, assigned)


def _failed(visit: Visit, event: str) -> None:
    if visit.attempted:
        visit.branch.emit(event, {})


# ---------------------------------------------------------------------- Map


@state("Map")
async def map_(visit: Visit) -> Next:
    """One line for every item of an array, their outputs in an array."""
    work = distributed.run if distributed.is_distributed(visit.state) else _iterations
    return await guarded(visit, work, lambda v: _failed(v, "MapStateFailed"))


class _Iterations:
    """The iterations of one attempt, shared out to workers; each worker's iterations come one after the other."""

    def __init__(self, visit: Visit, data: Document, items: list[Any], started: int) -> None:
        self.visit = visit
        self.data = data
        self.left = iter(enumerate(items))
        self.outputs: list[Document] = [data] * len(items)
        self.started = self.succeeded = started
        self.lines: dict[int, Branch] = {}
        self.failed: dict[int, Branch] = {}
        self.done: set[int] = set()
        resumed, visit.resumed = visit.resumed, None
        self.before = dict(enumerate(resumed.lines)) if resumed is not None else {}
        visit.inside = self.inside

    def inside(self) -> tuple[Line, ...]:
        """What became of each iteration so far."""
        found = []
        for index in range(len(self.outputs)):
            line = self.lines.get(index) or self.failed.get(index)
            output = self.outputs[index] if index in self.done else None
            past = self.before.get(index, Line()) if line is None and output is None else Line()
            found.append(Line(output or past.output, position_of(line) if line is not None else past.position))
        return tuple(found)

    async def work(self) -> None:
        """Take iterations until there are none left."""
        last = self.started
        for index, value in self.left:
            last = await self.run(index, value, last)

    async def run(self, index: int, value: Any, last: int) -> int:
        """One iteration with its events; gives the last event of its line."""
        visit, env = self.visit, self.visit.branch.run.env
        details = {"name": visit.name, "index": index}
        past = self.before.get(index, Line())
        if past.output is not None:
            self.outputs[index] = past.output
            self.done.add(index)
            return last
        processor = distributed.processor_of(visit.state)
        item = {"Index": index, "Value": value}
        line = self.lines[index] = visit.branch.inner(processor["States"], last, item)
        if past.position is None:
            line.emit("MapIterationStarted", details)
        data = queries.of(visit).item_data(visit, self.data, item)
        try:
            output = await walk(line, processor["StartAt"], data, past.position)
        except StateError as error:
            if error.error != NEVER_CAUGHT:
                env.emit("MapIterationFailed", details, line.last)
            self.failed[index] = self.lines.pop(index)
            raise
        del self.lines[index]
        self.outputs[index] = output
        self.done.add(index)
        self.succeeded = env.emit("MapIterationSucceeded", details, line.last)
        return line.last

    def abort(self) -> None:
        """Write that those which had not ended were given up."""
        for index, line in self.lines.items():
            details = {"name": self.visit.name, "index": index}
            self.visit.branch.run.env.emit("MapIterationAborted", details, line.last)


async def _iterations(visit: Visit) -> Next:
    if "ItemReader" in visit.state:  # AWS takes such a definition; what it does then is not known
        raise NotSupported(
            f"mock_serverless knows no ItemReader of an inline Map (state {visit.name!r}): add "
            '"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"} to its ItemProcessor'
        )
    branch, env = visit.branch, visit.branch.run.env
    query = queries.of(visit)
    data = query.before(visit)
    items = query.items(visit, data)
    limit = query.count(visit, "MaxConcurrency", data) or MOST_AT_A_TIME
    started = branch.emit("MapStateStarted", {"length": len(items)}) if visit.resumed is None else branch.last
    visit.attempted = True
    running = _Iterations(visit, data, items, started)
    workers = [running.work() for _ in range(min(limit, MOST_AT_A_TIME, len(items)))]
    try:
        await env.gather(workers)
    except StateError as error:
        branch.last = error.event
        if error.error != NEVER_CAUGHT:
            running.abort()
        raise
    branch.last = running.succeeded
    return _leave(visit, running.outputs, env.emit("MapStateSucceeded", {}, branch.last))
