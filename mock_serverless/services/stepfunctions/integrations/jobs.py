"""The pattern ``.sync``: a task starts a job of some service, and goes on when the job has ended.

https://docs.aws.amazon.com/step-functions/latest/dg/connect-to-resource.html#connect-sync. A row of :data:`JOBS` says how a
job is looked at and when it is over; the calls go through the cloud as any client's, so the service or a stub answers them.
``cloud.stepfunctions.job(...)`` gives jobs a duration and a result where neither is there (job_stubs.py). Which members tell
of the state, and which states are ends: the API reference of each service.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ....core.errors import NotSupported
from ....core.flow import FlowCancelled
from ..language import Document, StateError
from ..language.document import dumps
from . import calls
from .cancellations import STOPS, cancel_job
from .resources import Resource
from .tasks import SYNC

if TYPE_CHECKING:
    from ..flow import World

FIRST_LOOK, LAST_LOOK = 1.0, 60.0
"""Seconds between looks at a job: they double. How AWS does it isn't documented (it listens to events where there are some)."""

Parts = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Job:
    """How to look at a job.

    ``look`` is the operation that describes it. ``ask`` fills its request from what was sent and answered (a path into the
    task's parameters, or, behind ``>``, into the answer; ``*`` behind: as a list); the last of them names the job. ``job``
    is the path to the description, ``state`` the path in it to the state, ``done`` and ``failed`` the states that are ends.
    ``whole``: the result is the whole answer.
    """

    service: str
    look: str
    ask: dict[str, str]
    job: Parts
    state: Parts
    done: Parts
    failed: Parts = ()
    whole: bool = False
    failure: Callable[[dict[str, Any]], bool] = field(default=lambda description: False)


def _states(text: str) -> Parts:
    return tuple(text.split())


def _container_failed(task: dict[str, Any]) -> bool:
    """ECS stops tasks that went well and badly alike; the exit codes tell."""
    codes = [container.get("ExitCode") for container in task.get("Containers") or ()]
    return any(code is None or code != 0 for code in codes)


def _sagemaker(noun: str, name: str, failed: str = "Failed Stopped") -> Job:
    return Job(
        "sagemaker", f"Describe{noun}", {f"{name}Name": f"{name}Name"}, (), (f"{name}Status",),
        _states("Completed"), _states(failed),
    )  # fmt: skip


JOBS: dict[str, Job] = {
    "ecs:runTask": Job(
        "ecs", "DescribeTasks", {"Cluster": "Cluster", "Tasks": ">Tasks.0.TaskArn*"}, ("Tasks", "0"), ("LastStatus",),
        _states("STOPPED"), failure=_container_failed,
    ),
    "batch:submitJob": Job(
        "batch", "DescribeJobs", {"Jobs": ">JobId*"}, ("Jobs", "0"), ("Status",), _states("SUCCEEDED"), _states("FAILED")
    ),
    "glue:startJobRun": Job(
        "glue", "GetJobRun", {"JobName": "JobName", "RunId": ">JobRunId"}, ("JobRun",), ("JobRunState",),
        _states("SUCCEEDED"), _states("FAILED STOPPED TIMEOUT ERROR EXPIRED"),
    ),
    "athena:startQueryExecution": Job(
        "athena", "GetQueryExecution", {"QueryExecutionId": ">QueryExecutionId"}, ("QueryExecution",), ("Status", "State"),
        _states("SUCCEEDED"), _states("FAILED CANCELLED"), whole=True,
    ),
    "codebuild:startBuild": Job(
        "codebuild", "BatchGetBuilds", {"Ids": ">Build.Id*"}, ("Builds", "0"), ("BuildStatus",), _states("SUCCEEDED"),
        _states("FAILED FAULT TIMED_OUT STOPPED"),
    ),
    "codebuild:startBuildBatch": Job(
        "codebuild", "BatchGetBuildBatches", {"Ids": ">BuildBatch.Id*"}, ("BuildBatches", "0"), ("BuildBatchStatus",),
        _states("SUCCEEDED"), _states("FAILED FAULT TIMED_OUT STOPPED"),
    ),
    "sagemaker:createTrainingJob": _sagemaker("TrainingJob", "TrainingJob"),
    "sagemaker:createTransformJob": _sagemaker("TransformJob", "TransformJob"),
    "sagemaker:createProcessingJob": _sagemaker("ProcessingJob", "ProcessingJob"),
    "sagemaker:createLabelingJob": _sagemaker("LabelingJob", "LabelingJob"),
    "sagemaker:createHyperParameterTuningJob": _sagemaker("HyperParameterTuningJob", "HyperParameterTuningJob"),
    "bedrock:createModelCustomizationJob": Job(
        "bedrock", "GetModelCustomizationJob", {"JobIdentifier": ">JobArn"}, (), ("Status",), _states("Completed"),
        _states("Failed Stopped"),
    ),
    "elasticmapreduce:createCluster": Job(
        "emr", "DescribeCluster", {"ClusterId": ">ClusterId"}, ("Cluster",), ("Status", "State"),
        _states("WAITING TERMINATED"), _states("TERMINATED_WITH_ERRORS"), whole=True,
    ),
    "elasticmapreduce:terminateCluster": Job(
        "emr", "DescribeCluster", {"ClusterId": "ClusterId"}, ("Cluster",), ("Status", "State"),
        _states("TERMINATED TERMINATED_WITH_ERRORS"), whole=True,
    ),
    "elasticmapreduce:addStep": Job(
        "emr", "DescribeStep", {"ClusterId": "ClusterId", "StepId": ">StepId"}, ("Step",), ("Status", "State"),
        _states("COMPLETED"), _states("CANCELLED FAILED INTERRUPTED"), whole=True,
    ),
    "emr-containers:startJobRun": Job(
        "emr-containers", "DescribeJobRun", {"VirtualClusterId": "VirtualClusterId", "Id": ">Id"}, ("JobRun",), ("State",),
        _states("COMPLETED"), _states("FAILED CANCELLED"),
    ),
    "emr-containers:deleteVirtualCluster": Job(
        "emr-containers", "DescribeVirtualCluster", {"Id": "Id"}, ("VirtualCluster",), ("State",), _states("TERMINATED"),
        _states("ARRESTED"),
    ),
    "emr-serverless:startJobRun": Job(
        "emr-serverless", "GetJobRun", {"ApplicationId": "ApplicationId", "JobRunId": ">JobRunId"}, ("JobRun",), ("State",),
        _states("SUCCESS"), _states("FAILED CANCELLED"), whole=True,
    ),
    "emr-serverless:cancelJobRun": Job(
        "emr-serverless", "GetJobRun", {"ApplicationId": "ApplicationId", "JobRunId": "JobRunId"}, ("JobRun",), ("State",),
        _states("CANCELLED SUCCESS FAILED"), whole=True,
    ),
    **{
        f"emr-serverless:{action}": Job(
            "emr-serverless", "GetApplication", {"ApplicationId": path}, ("Application",), ("State",), _states(done),
            () if done == "TERMINATED" else ("TERMINATED",), whole=True,
        )
        for action, path, done in (
            ("createApplication", ">ApplicationId", "CREATED STARTED"),
            ("startApplication", "ApplicationId", "STARTED"),
            ("stopApplication", "ApplicationId", "STOPPED CREATED"),
            ("deleteApplication", "ApplicationId", "TERMINATED"),
        )
    },
    "mediaconvert:createJob": Job(
        "mediaconvert", "GetJob", {"Id": ">Job.Id"}, ("Job",), ("Status",), _states("COMPLETE"), _states("ERROR CANCELED"),
        whole=True,
    ),
    "databrew:startJobRun": Job(
        "databrew", "DescribeJobRun", {"Name": "Name", "RunId": ">RunId"}, (), ("State",), _states("SUCCEEDED"),
        _states("FAILED STOPPED TIMEOUT"),
    ),
    **{
        f"eks:{action}": Job("eks", look, ask, (), (noun, "Status"), _states("ACTIVE"), _states("FAILED CREATE_FAILED"))
        for action, look, noun, ask in (
            ("createCluster", "DescribeCluster", "Cluster", {"Name": "Name"}),
            ("createNodegroup", "DescribeNodegroup", "Nodegroup",
             {"ClusterName": "ClusterName", "NodegroupName": "NodegroupName"}),
            ("createFargateProfile", "DescribeFargateProfile", "FargateProfile",
             {"ClusterName": "ClusterName", "FargateProfileName": "FargateProfileName"}),
        )
    },
    **{
        f"eks:{action}": Job("eks", look, ask, (), (noun, "Status"), _states("DELETED"), _states("DELETE_FAILED"))
        for action, look, noun, ask in (
            ("deleteCluster", "DescribeCluster", "Cluster", {"Name": "Name"}),
            ("deleteNodegroup", "DescribeNodegroup", "Nodegroup",
             {"ClusterName": "ClusterName", "NodegroupName": "NodegroupName"}),
            ("deleteFargateProfile", "DescribeFargateProfile", "FargateProfile",
             {"ClusterName": "ClusterName", "FargateProfileName": "FargateProfileName"}),
        )
    },
}  # fmt: skip
"""By integration and action. A deletion is over as well when the service says that there is no such thing any more."""

GONE = ("ResourceNotFoundException", "NotFoundException")


async def wait_for(
    world: World, resource: Resource, parameters: dict[str, Any], result: Any, credentials: Any = None
) -> Document:
    """Look at a job until it is over; gives its description. A job that failed fails the task: States.TaskFailed."""
    key = f"{resource.type}:{resource.action}"
    job = JOBS.get(key)
    if job is None:
        raise NotSupported(
            f"mock_serverless knows no way to wait for {resource.arn}. Give it a duration and a result: "
            f"cloud.stepfunctions.job({key!r}, duration=..., result={{...}})"
        )
    look = Resource("optimised", resource.arn, resource.type, resource.action, "", job.service, job.look)
    request = _filled(job.ask, parameters, result)
    try:
        looked_at = lambda: _looked_at(world, look, request, credentials)  # noqa: E731
        return await _ended(world, key, job, looked_at, request, result)
    except FlowCancelled:
        if key in STOPS:
            cancel_job(world, key, _filled(STOPS[key].ask, parameters, result), credentials)
        raise


async def _ended(
    world: World, key: str, job: Job, looked_at: Callable[[], Any], request: dict[str, Any], result: Any
) -> Document:
    pause = FIRST_LOOK
    while True:
        answer = await world.flow.perform(looked_at)
        if answer is None:
            return Document(result)
        description = reach(answer, job.job) or {}
        state = str(reach(description, job.state))
        if state in job.failed or (state in job.done and job.failure(description)):
            raise StateError("States.TaskFailed", dumps(description))
        if state in job.done:
            # "ClusterId" of a cluster that was waited for:
            # https://docs.aws.amazon.com/step-functions/latest/dg/connect-emr.html
            also = result if key == "elasticmapreduce:createCluster" else {}
            return Document({**also, **answer} if job.whole else description)
        ends = await world.flow.perform(lambda: world.db.jobs.get(f"{key}:{_name(request)}"))
        if ends is not None and ends > world.now():
            await world.sleep_until(ends)
        else:
            await world.sleep_until(world.now() + pause)
            pause = min(LAST_LOOK, pause * 2)


def _looked_at(world: World, look: Resource, request: dict[str, Any], credentials: Any) -> Any:
    """The description; None where what was to be deleted is gone."""
    try:
        return calls.answer(look, calls.call(world, look, request, credentials))
    except StateError as e:
        if look.action.startswith(("delete", "terminate")) and str(e.error).endswith(GONE):
            return None
        raise


def _name(request: dict[str, Any]) -> str:
    """What names a job among its kind: the last thing asked for."""
    value = list(request.values())[-1] if request else ""
    return str(value[0] if isinstance(value, list) else value)


def _filled(ask: dict[str, str], parameters: dict[str, Any], result: Any) -> dict[str, Any]:
    """A request, without what is not known."""
    return {name: value for name, path in ask.items() if (value := _asked(path, parameters, result)) is not None}


def _asked(path: str, parameters: dict[str, Any], result: Any) -> Any:
    if path.startswith("="):
        return path[1:]
    found = reach(result if path.startswith(">") else parameters, tuple(path.strip(">*").split(".")))
    return [found] if path.endswith("*") and found is not None else found


def reach(value: Any, path: Parts) -> Any:
    """What lies at a path of names and positions; None where there is nothing."""
    for part in path:
        if isinstance(value, list):
            value = value[int(part)] if part.isdigit() and int(part) < len(value) else None
        else:
            value = value.get(part) if isinstance(value, dict) else None
    return value


SYNC["*"] = wait_for
