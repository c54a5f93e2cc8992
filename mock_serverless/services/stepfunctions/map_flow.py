"""A map run as part of its execution's flow: items are read, batched and given to children, and the results collected.

https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html. Children are executions of their own, each with
its flow and history; the parent's flow waits until some have ended, and is told which.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ...core.agenda import job
from ...core.flow import FlowCancelled
from ...core.scope import Scope
from . import item_reader, result_writer
from .language import Document, MapRunRequest, StateError
from .language.document import LIMIT, dumps
from .language.errors import Fault, too_large
from .store import Child, Execution, MapRun, Revision, State

if TYPE_CHECKING:
    from .flow import World

MOST_AT_A_TIME = 10_000
"""Children that run at the same time, at most: https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html"""
EXCEEDED = StateError(
    "States.ExceedToleratedFailureThreshold", "The specified tolerated failure threshold was exceeded"
)


async def run(world: World, request: MapRunRequest, redriven: str | None = None) -> Document:
    """Do a map run with its events, or redrive one; gives the result of the Map state."""
    flow = world.flow
    if redriven is None:
        arn: str = await flow.perform(lambda: _open(world, request))
        request.emit("MapRunStarted", {"mapRunArn": arn})
    else:
        arn = redriven
        count = await flow.perform(lambda: _reopen(world, redriven))
        request.emit("MapRunRedriven", {"mapRunArn": arn, "redriveCount": count})
    request.opened(arn)
    try:
        return await _run(world, request, arn)
    except StateError as error:
        await flow.perform(lambda: close(world.db, arn, "FAILED"))
        if error.error == EXCEEDED.error and _exports(request):
            await flow.perform(lambda: _export_at_best(world, request, arn))
        details = {"error": error.error, "cause": error.cause}
        request.emit("MapRunFailed", {k: v for k, v in details.items() if v is not None})
        raise
    except Fault:
        await flow.perform(lambda: close(world.db, arn, "FAILED"))
        raise
    except FlowCancelled:
        if not flow.replaying:
            world.db.scope.later(0, "stepfunctions:abort-map-run", arn=arn)
        raise


async def _run(world: World, request: MapRunRequest, arn: str) -> Document:
    flow, db = world.flow, world.db
    caller = world.execution.machine_name
    inputs: list[tuple[Document, int]] | None = await flow.perform(lambda: db.map_runs[arn].inputs)
    if inputs is None:
        reader, items = request.reader, request.items
        if reader is not None:
            items = await flow.perform(lambda: item_reader.read(db.scope, reader, caller))
        planned = inputs = list(_batches(request, items or []))
        await flow.perform(lambda: _planned(db.map_runs[arn], planned))
    await _children(world, arn, inputs)
    result = await flow.perform(lambda: _result(world, request, arn))
    if result.too_large():
        raise too_large(request.state)
    await flow.perform(lambda: close(db, arn, "SUCCEEDED"))
    request.emit("MapRunSucceeded", {})
    return Document(result.value, result.text)


def _open(world: World, request: MapRunRequest) -> str:
    db, execution = world.db, world.execution
    scope = db.scope
    label = request.label or scope.ids.uuid()
    arn = db.arn("mapRun", f"{execution.machine_name}/{label}", scope.ids.uuid())
    revision = Revision(execution.revision.id, dumps(request.processor), execution.revision.role)
    count, percentage = request.tolerated_count, request.tolerated_percentage
    db.map_runs[arn] = MapRun(
        arn, execution.arn, execution.machine, label, revision, request.execution_type, scope.timestamp(),
        request.concurrency, count or 0, percentage or 0.0, flow=world.flow.id,
    )  # fmt: skip
    return arn


def _reopen(world: World, arn: str) -> int:
    run = world.db.map_runs[arn]
    run.status, run.stopped = "RUNNING", None
    run.redrives += 1
    run.redriven = world.db.scope.timestamp()
    run.flow = world.flow.id
    run.ended = []
    for child in run.children:
        execution = world.db.executions[child.arn]
        if execution.status != "SUCCEEDED":
            child.before, execution.status = execution.status, "PENDING_REDRIVE"
    return run.redrives


def _planned(run: MapRun, inputs: list[tuple[Document, int]]) -> None:
    run.inputs = inputs
    run.items, run.batches = sum(count for _, count in inputs), len(inputs)


def _batches(request: MapRunRequest, items: list[Any]) -> Iterator[tuple[Document, int]]:
    """(input, number of items) of every child."""
    selected = (request.select(_item(i, v, request), v) for i, v in enumerate(items))
    batcher = request.batcher
    if batcher is None:
        yield from ((document, 1) for document in selected)
        return
    shared = {} if batcher["BatchInput"] is None else {"BatchInput": batcher["BatchInput"]}
    most, room = batcher["MaxItemsPerBatch"] or len(items), batcher["MaxInputBytesPerBatch"] or LIMIT
    empty = len(dumps({**shared, "Items": []}).encode())
    batch: list[Any] = []
    size = empty
    for document in selected:
        length = len(document.text.encode()) + 1
        if batch and (len(batch) >= most or size + length - 1 > room):
            yield Document({**shared, "Items": batch}), len(batch)
            batch, size = [], empty
        batch.append(document.value)
        size += length
    if batch:
        yield Document({**shared, "Items": batch}), len(batch)


def _item(index: int, value: Any, request: MapRunRequest) -> dict[str, Any]:
    item = {"Index": index, "Value": value}
    if isinstance(value, dict) and value.keys() == {"Key", "Value"} and request.reader is not None:
        item = {"Index": index, "Key": value["Key"], "Value": value["Value"]}
    return item


# ---------------------------------------------------------------------- children


async def _children(world: World, arn: str, inputs: list[tuple[Document, int]]) -> None:
    """Have all children run, so many at a time; raises StateError when too many fail."""
    flow, db = world.flow, world.db
    todo: deque[int] = deque(await flow.perform(lambda: _unsuccessful(db, db.map_runs[arn])))
    running = failed = failed_items = 0
    while todo or running:
        limits = await flow.perform(lambda: _limits(db.map_runs[arn]))
        room = min(limits[0] or MOST_AT_A_TIME, MOST_AT_A_TIME) - running
        batch = [todo.popleft() for _ in range(min(max(room, 0), len(todo)))]
        if batch:
            await flow.perform(lambda new=batch: _begin(world, arn, inputs, new))  # type: ignore[misc]
            running += len(batch)
        ended = await flow.perform(lambda: take_ended(db.map_runs[arn], db))
        if not ended:
            await flow.event(f"mapRun:{arn}")
            continue
        running -= len(ended)
        lost = [count for succeeded, count in ended if not succeeded]
        failed += len(lost)
        failed_items += sum(lost)
        if failed and exceeded(failed_items, sum(n for _, n in inputs), limits[1], limits[2]):
            raise StateError(EXCEEDED.error, EXCEEDED.cause)


def exceeded(failed: int, items: int, count: int, percentage: float) -> bool:
    """Both thresholds count when both are given; without any, no failure is tolerated."""
    if count and failed > count:
        return True
    if percentage and 100 * failed / items > percentage:
        return True
    return not count and not percentage


def _limits(run: MapRun) -> tuple[int, int, float]:
    return run.concurrency, run.tolerated_count, run.tolerated_percentage


def _unsuccessful(db: State, run: MapRun) -> list[int]:
    """The inputs that are still to be worked on: those of children which did not succeed, and those without a child."""
    good = {i for i, c in enumerate(run.children) if db.executions[c.arn].status == "SUCCEEDED"}
    return [i for i in range(run.batches) if i not in good]


def _begin(world: World, arn: str, inputs: list[tuple[Document, int]], indices: list[int]) -> None:
    """Start children, or redrive those there are; express ones are started anew (as AWS documents)."""
    from .executions import redrive

    db = world.db
    run = db.map_runs[arn]
    for index in indices:
        document, count = inputs[index]
        if index < len(run.children):
            _as_it_was(db, run.children[index])
        if index == len(run.children):
            run.children.append(Child(_child(world, run, document, index).arn, document, count))
        elif run.type == "EXPRESS":
            run.children[index] = Child(_child(world, run, document, index).arn, document, count)
        else:
            redrive(db, db.executions[run.children[index].arn])


def _as_it_was(db: State, child: Child) -> None:
    """It waits no more to be redriven."""
    execution = db.executions[child.arn]
    if execution.status == "PENDING_REDRIVE" and child.before is not None:
        execution.status, child.before = child.before, None


def _child(world: World, run: MapRun, input: Document, index: int) -> Execution:
    from .executions import limit_open_time

    db, parent = world.db, world.execution
    scope = db.scope
    name = scope.ids.uuid()
    machine = f"{parent.machine_name}/{run.label}"
    arn = db.arn("execution", machine, name)
    if run.type == "EXPRESS":
        arn = db.arn("express", machine, name, scope.ids.uuid())
    execution = db.executions[arn] = Execution(
        arn=arn, name=name, machine=f"{parent.machine}/{run.label}", machine_name=machine, type=run.type,
        revision=run.revision, settings=parent.settings, machine_updated=parent.machine_updated, input=input,
        started=scope.timestamp(), seed=scope.ids.hex(32), map_run=run.arn, map_index=index,
    )  # fmt: skip
    limit_open_time(db, execution)
    execution.flow = scope.kernel.start("stepfunctions:execution", scope, {"arn": arn})
    return execution


def ended(db: State, execution: Execution) -> None:
    """A child has ended: its map run is told."""
    assert execution.map_run is not None
    run = db.map_runs[execution.map_run]
    run.ended.append(execution.map_index)
    db.scope.kernel.deliver(f"mapRun:{run.arn}", None)


def take_ended(run: MapRun, db: State) -> list[tuple[bool, int]]:
    """(did it succeed, number of items) of the children which have ended since this was last asked."""
    found = []
    for index in run.ended:
        child = run.children[index]
        child.seen = True
        found.append((db.executions[child.arn].status == "SUCCEEDED", child.items))
    run.ended = []
    return found


# ---------------------------------------------------------------------- the end


def _exports(request: MapRunRequest) -> bool:
    return request.writer is not None and request.writer["Resource"] is not None


def _export_at_best(world: World, request: MapRunRequest, arn: str) -> None:
    """Write the files of a run that failed; that it failed is told, even when that fails as well."""
    with suppress(StateError):
        _result(world, request, arn)


def _result(world: World, request: MapRunRequest, arn: str) -> Document:
    db = world.db
    run = db.map_runs[arn]
    writer = request.writer
    if writer is not None and _exports(request):
        details = result_writer.write(db, run, writer, world.execution.machine_name)
        run.written = True
        return Document(details)
    run.written = True
    config = writer["WriterConfig"] if writer is not None else None
    if config is None and all(db.executions[c.arn].output is not None for c in run.children):
        return Document.array([db.executions[c.arn].output or Document(None) for c in run.children])
    return Document(result_writer.results(db, run, config))


def close(db: State, arn: str, status: str) -> None:
    """The end of a map run: children which still run are stopped."""
    from .executions import abort

    run = db.map_runs[arn]
    run.status, run.stopped = status, db.scope.timestamp()
    for child in run.children:
        _as_it_was(db, child)
        execution = db.executions[child.arn]
        if execution.status == "RUNNING":
            abort(db, execution)


@job("stepfunctions:abort-map-run")
def _abort(scope: Scope, arn: str) -> None:
    db: State = scope.state()
    if db.map_runs[arn].status == "RUNNING":
        close(db, arn, "ABORTED")
