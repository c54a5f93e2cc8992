"""What a task started is stopped when the task is aborted: with its execution, its Parallel or its Map state, or in time-out.

"If a Step Functions task is aborted, Step Functions will make a best-effort attempt to cancel the task":
https://docs.aws.amazon.com/step-functions/latest/dg/connect-to-resource.html#connect-sync. Which operations it calls for that is
read off the policies that it needs: https://docs.aws.amazon.com/step-functions/latest/dg/service-integration-iam-templates.html
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ....core.agenda import job
from ....core.errors import AwsError, NotSupported
from ....core.operation import service_model
from ....core.scope import Scope
from ..language import StateError
from . import calls

if TYPE_CHECKING:
    from ..flow import World


@dataclass(frozen=True, slots=True)
class Stop:
    """The operation that stops a job; ``ask`` fills its request as that of ``Job`` does, ``=`` stands before a text."""

    service: str
    operation: str
    ask: dict[str, str]


def _sagemaker(noun: str) -> Stop:
    return Stop("sagemaker", f"Stop{noun}", {f"{noun}Name": f"{noun}Name"})


def _deletion(noun: str, *names: str) -> Stop:
    return Stop("eks", f"Delete{noun}", {name: name for name in names})


STOPS: dict[str, Stop] = {
    "ecs:runTask": Stop("ecs", "StopTask", {"Cluster": "Cluster", "Task": ">Tasks.0.TaskArn"}),
    "batch:submitJob": Stop("batch", "TerminateJob", {"JobId": ">JobId", "Reason": "=The task was aborted"}),
    "glue:startJobRun": Stop("glue", "BatchStopJobRun", {"JobName": "JobName", "JobRunIds": ">JobRunId*"}),
    "athena:startQueryExecution": Stop("athena", "StopQueryExecution", {"QueryExecutionId": ">QueryExecutionId"}),
    "codebuild:startBuild": Stop("codebuild", "StopBuild", {"Id": ">Build.Id"}),
    "codebuild:startBuildBatch": Stop("codebuild", "StopBuildBatch", {"Id": ">BuildBatch.Id"}),
    "sagemaker:createTrainingJob": _sagemaker("TrainingJob"),
    "sagemaker:createTransformJob": _sagemaker("TransformJob"),
    "sagemaker:createProcessingJob": _sagemaker("ProcessingJob"),
    "sagemaker:createLabelingJob": _sagemaker("LabelingJob"),
    "sagemaker:createHyperParameterTuningJob": _sagemaker("HyperParameterTuningJob"),
    "bedrock:createModelCustomizationJob": Stop("bedrock", "StopModelCustomizationJob", {"JobIdentifier": ">JobArn"}),
    "elasticmapreduce:createCluster": Stop("emr", "TerminateJobFlows", {"JobFlowIds": ">ClusterId*"}),
    "elasticmapreduce:addStep": Stop("emr", "CancelSteps", {"ClusterId": "ClusterId", "StepIds": ">StepId*"}),
    "emr-containers:startJobRun": Stop(
        "emr-containers", "CancelJobRun", {"VirtualClusterId": "VirtualClusterId", "Id": ">Id"}
    ),
    "emr-serverless:startJobRun": Stop(
        "emr-serverless", "CancelJobRun", {"ApplicationId": "ApplicationId", "JobRunId": ">JobRunId"}
    ),
    "mediaconvert:createJob": Stop("mediaconvert", "CancelJob", {"Id": ">Job.Id"}),
    "databrew:startJobRun": Stop("databrew", "StopJobRun", {"Name": "Name", "RunId": ">RunId"}),
    "eks:createCluster": _deletion("Cluster", "Name"),
    "eks:createNodegroup": _deletion("Nodegroup", "ClusterName", "NodegroupName"),
    "eks:createFargateProfile": _deletion("FargateProfile", "ClusterName", "FargateProfileName"),
}
"""By integration and action; what deletes or stops something is not undone."""


def cancel(world: World, service: str, operation: str, request: dict[str, Any], credentials: Any) -> None:
    """Have a call made that stops something, as the next due work."""
    if world.flow.replaying:
        return
    try:
        key, account = calls.access_key(world, credentials)
    except StateError:
        return  # the task's role can't be assumed any more
    world.db.scope.later(
        0, "stepfunctions:cancel", service=service, operation=operation, request=request,
        caller=world.execution.machine_name, access_key=key, account=account or world.db.scope.account,
    )  # fmt: skip


def cancel_job(world: World, key: str, request: dict[str, Any], credentials: Any) -> None:
    """The same for a job of an integration, ``request`` as a state would write it."""
    stop = STOPS[key]
    shape = service_model(stop.service).operation_model(stop.operation).input_shape
    cancel(world, stop.service, stop.operation, calls.to_request(request, shape), credentials)


@job("stepfunctions:cancel")
def _cancel(
    scope: Scope, service: str, operation: str, request: dict[str, Any], caller: str, access_key: str, account: str
) -> None:
    with suppress(AwsError, NotSupported):  # at best; that it was tried is in the journal
        scope.call(service, operation, request, caller=caller, access_key=access_key, account=account)
