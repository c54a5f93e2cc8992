"""The pattern ``.sync`` with services that the cloud has not: jobs with a duration and a result, or stubs of the test's own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from mock_serverless import mock_cloud
from mock_serverless.cloud import Cloud
from mock_serverless.core.errors import NotSupported
from mock_serverless.services.stepfunctions.integrations.cancellations import STOPS
from mock_serverless.services.stepfunctions.integrations.jobs import JOBS, reach

ROLE = "arn:aws:iam::123456789012:role/jobs"
S3 = {"S3Uri": "s3://bucket/key"}
RESOURCES = {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1}
PARAMETERS: dict[str, dict[str, Any]] = {
    "ecs:runTask": {"Cluster": "c", "TaskDefinition": "t"},
    "batch:submitJob": {"JobName": "j", "JobQueue": "q", "JobDefinition": "d"},
    "glue:startJobRun": {"JobName": "j"},
    "athena:startQueryExecution": {"QueryString": "SELECT 1"},
    "codebuild:startBuild": {"ProjectName": "p"},
    "codebuild:startBuildBatch": {"ProjectName": "p"},
    "sagemaker:createTrainingJob": {
        "TrainingJobName": "j", "AlgorithmSpecification": {"TrainingInputMode": "File"}, "RoleArn": ROLE,
        "OutputDataConfig": {"S3OutputPath": "s3://b/k"}, "ResourceConfig": RESOURCES, "StoppingCondition": {},
    },
    "sagemaker:createTransformJob": {
        "TransformJobName": "j", "ModelName": "m", "TransformOutput": {"S3OutputPath": "s3://b/k"},
        "TransformInput": {"DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://b/k"}}},
        "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
    },
    "sagemaker:createProcessingJob": {
        "ProcessingJobName": "j", "RoleArn": ROLE, "AppSpecification": {"ImageUri": "i"},
        "ProcessingResources": {"ClusterConfig": RESOURCES},
    },
    "sagemaker:createLabelingJob": {
        "LabelingJobName": "j", "LabelAttributeName": "l", "InputConfig": {"DataSource": {}}, "RoleArn": ROLE,
        "OutputConfig": {"S3OutputPath": "s3://b/k"},
        "HumanTaskConfig": {
            "WorkteamArn": "arn:aws:sagemaker:us-east-1:123456789012:workteam/private-crowd/t",
            "UiConfig": {}, "TaskTitle": "t", "TaskDescription": "d", "NumberOfHumanWorkersPerDataObject": 1,
            "TaskTimeLimitInSeconds": 60,
        },
    },
    "sagemaker:createHyperParameterTuningJob": {
        "HyperParameterTuningJobName": "j",
        "HyperParameterTuningJobConfig": {"Strategy": "Random", "ResourceLimits": {"MaxParallelTrainingJobs": 1}},
    },
    "bedrock:createModelCustomizationJob": {
        "JobName": "j", "CustomModelName": "m", "RoleArn": ROLE, "BaseModelIdentifier": "amazon.titan-text-lite-v1:0:4k",
        "TrainingDataConfig": S3, "OutputDataConfig": S3, "HyperParameters": {"epochCount": "1"},
    },
    "elasticmapreduce:createCluster": {"Name": "c", "Instances": {}},
    "elasticmapreduce:terminateCluster": {"ClusterId": "j-1"},
    "elasticmapreduce:addStep": {"ClusterId": "j-1", "Step": {"Name": "s", "HadoopJarStep": {"Jar": "j"}}},
    "emr-containers:startJobRun": {"VirtualClusterId": "v", "ClientToken": "t"},
    "emr-containers:deleteVirtualCluster": {"Id": "v"},
    "emr-serverless:startJobRun": {"ApplicationId": "a1", "ClientToken": "t", "ExecutionRoleArn": ROLE},
    "emr-serverless:cancelJobRun": {"ApplicationId": "a1", "JobRunId": "r1"},
    "emr-serverless:createApplication": {"ReleaseLabel": "emr-6.6.0", "Type": "SPARK", "ClientToken": "t"},
    "emr-serverless:startApplication": {"ApplicationId": "a1"},
    "emr-serverless:stopApplication": {"ApplicationId": "a1"},
    "emr-serverless:deleteApplication": {"ApplicationId": "a1"},
    "mediaconvert:createJob": {"Role": ROLE, "Settings": {}},
    "databrew:startJobRun": {"Name": "j"},
    "eks:createCluster": {"Name": "c", "RoleArn": ROLE, "ResourcesVpcConfig": {}},
    "eks:createNodegroup": {"ClusterName": "c", "NodegroupName": "n", "Subnets": ["s"], "NodeRole": ROLE},
    "eks:createFargateProfile": {"ClusterName": "c", "FargateProfileName": "f", "PodExecutionRoleArn": ROLE},
    "eks:deleteCluster": {"Name": "c"},
    "eks:deleteNodegroup": {"ClusterName": "c", "NodegroupName": "n"},
    "eks:deleteFargateProfile": {"ClusterName": "c", "FargateProfileName": "f"},
}  # fmt: skip


@pytest.fixture
def frozen() -> Iterator[Cloud]:
    with mock_cloud(clock=datetime(2025, 6, 2, tzinfo=timezone.utc)) as cloud:
        yield cloud


def machine(key: str, pattern: str = ".sync", **fields: Any) -> dict[str, Any]:
    resource = f"arn:aws:states:::{key}{pattern}"
    state = {"Type": "Task", "Resource": resource, "Parameters": PARAMETERS.get(key, {}), "End": True, **fields}
    return {"StartAt": "Work", "States": {"Work": state}}


def test_every_kind_of_job_is_tested() -> None:
    assert set(PARAMETERS) == set(JOBS)


@pytest.mark.parametrize("key", JOBS)
def test_a_job_takes_its_time_and_gives_its_description(frozen: Cloud, key: str) -> None:
    frozen.stepfunctions.job(key, duration=timedelta(hours=3))
    result = frozen.stepfunctions.run(machine(key))
    assert result.succeeded, result.explain()
    assert result.duration == timedelta(hours=3)
    job = JOBS[key]
    assert reach(result.output, (*(job.job if job.whole else ()), *job.state)) == job.done[0]


@pytest.mark.parametrize("key", [key for key, job in JOBS.items() if job.failed])
def test_a_job_that_ends_badly_fails_the_task(frozen: Cloud, key: str) -> None:
    job = JOBS[key]
    frozen.stepfunctions.job(key, duration=60, state=job.failed[0])
    result = frozen.stepfunctions.run(machine(key))
    assert result.error == "States.TaskFailed"
    assert reach(json.loads(result.cause), job.state) == job.failed[0]


def test_the_result_is_what_the_test_says(frozen: Cloud) -> None:
    frozen.stepfunctions.job("batch:submitJob", duration=5, result={"JobName": "nightly", "StatusReason": "done"})
    output = frozen.stepfunctions.run(machine("batch:submitJob")).output
    assert (output["JobName"], output["StatusReason"], output["Status"]) == ("nightly", "done", "SUCCEEDED")
    (submitted,) = frozen.calls("batch", "SubmitJob")
    assert (submitted.params["jobName"], submitted.caller) == ("j", "machine-1")
    assert [c.params["jobs"] for c in frozen.calls("batch", "DescribeJobs")] == [[output["JobId"]]] * 2


def test_a_container_that_exits_badly_fails_the_task(frozen: Cloud) -> None:
    frozen.stepfunctions.job("ecs:runTask", result={"Containers": [{"Name": "main", "ExitCode": 3}]})
    result = frozen.stepfunctions.run(machine("ecs:runTask"))
    assert result.error == "States.TaskFailed"
    assert json.loads(result.cause)["Containers"] == [{"Name": "main", "ExitCode": 3}]


def test_a_task_of_ecs_says_who_started_it(frozen: Cloud) -> None:
    # recorded: where the state waits for it
    frozen.stepfunctions.job("ecs:runTask")
    frozen.stepfunctions.run(machine("ecs:runTask"))
    (submitted,) = frozen.calls("ecs", "RunTask")
    assert submitted.params["startedBy"] == "AWS Step Functions"


def test_jobs_beside_each_other_end_each_at_its_time(frozen: Cloud) -> None:
    frozen.stepfunctions.job("glue:startJobRun", duration=100)
    each = machine("glue:startJobRun")
    later = {
        "StartAt": "Rest",
        "States": {"Rest": {"Type": "Wait", "Seconds": 50, "Next": "Late"}, "Late": each["States"]["Work"]},
    }
    both = {"StartAt": "Both", "States": {"Both": {"Type": "Parallel", "Branches": [each, later], "End": True}}}
    result = frozen.stepfunctions.run(both)
    assert [v.exited - result.started.timestamp() for v in result.visits] == [150, 100, 50, 150]


def test_a_job_whose_time_is_up_is_a_timeout(frozen: Cloud) -> None:
    frozen.stepfunctions.job("glue:startJobRun", duration=100)
    result = frozen.stepfunctions.run(machine("glue:startJobRun", TimeoutSeconds=99))
    assert (result.error, result.duration.total_seconds()) == ("States.Timeout", 99)


def test_stubs_of_the_tests_own_are_asked_again_and_again(frozen: Cloud) -> None:
    states = iter(["STARTING", "RUNNING", "RUNNING", "SUCCEEDED"])
    frozen.stub("glue", "StartJobRun", {"JobRunId": "jr_1"})
    frozen.stub("glue", "GetJobRun", lambda params: {"JobRun": {"Id": params["RunId"], "JobRunState": next(states)}})
    result = frozen.stepfunctions.run(machine("glue:startJobRun"))
    assert result.output == {"Id": "jr_1", "JobRunState": "SUCCEEDED"}
    assert result.duration.total_seconds() == 1 + 2 + 4


def test_what_is_deleted_is_gone(frozen: Cloud) -> None:
    from mock_serverless.core.errors import AwsError

    frozen.stub("eks", "DeleteCluster", {"cluster": {"name": "c", "status": "DELETING"}})
    frozen.stub("eks", "DescribeCluster", AwsError("ResourceNotFoundException", "No cluster found for name: c.", 404))
    assert frozen.stepfunctions.run(machine("eks:deleteCluster")).output["Cluster"]["Status"] == "DELETING"


@pytest.mark.parametrize("pattern", ["", ".sync"])
def test_kubernetes_needs_a_result(frozen: Cloud, pattern: str) -> None:
    key = "eks:runJob"
    with pytest.raises(NotSupported, match=r"cloud\.stepfunctions\.job\('eks:runJob'"):
        frozen.stepfunctions.run(machine(key, pattern))
    frozen.stepfunctions.job(key, duration=30, result={"logs": {"pods": {}}})
    result = frozen.stepfunctions.run(machine(key, pattern))
    assert (result.output, result.duration.total_seconds()) == ({"logs": {"pods": {}}}, 30)


@pytest.mark.parametrize(
    ("key", "options", "message"),
    [
        ("glue:startJob", {}, "Did you mean: glue:startJobRun"),
        ("glue:startJobRun", {"state": "DONE"}, "ends as SUCCEEDED, FAILED"),
        ("glue:startJobRun", {"duration": -1}, "takes some time or none"),
    ],
)
def test_a_job_that_cannot_be_meant(frozen: Cloud, key: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        frozen.stepfunctions.job(key, **options)


def test_clusters_of_emr(frozen: Cloud) -> None:
    frozen.stub("emr", "RunJobFlow", {"JobFlowId": "j-1", "ClusterArn": "arn"})
    frozen.stub("emr", "AddJobFlowSteps", {"StepIds": ["s-1"]})
    frozen.stub("emr", "CancelSteps", {"CancelStepsInfoList": [{"StepId": "s-1", "Status": "SUBMITTED"}]})
    frozen.stub("emr", "TerminateJobFlows", {})
    frozen.stub("emr", "SetTerminationProtection", {})
    frozen.stub("emr", "ListInstanceFleets", {"InstanceFleets": [{"Id": "if-1", "Name": "core"}]})
    frozen.stub("emr", "ModifyInstanceFleet", {})
    frozen.stub("emr", "ListInstanceGroups", {"InstanceGroups": [{"Id": "ig-1", "Name": "task"}]})
    frozen.stub("emr", "ModifyInstanceGroups", {})

    def output(action: str, parameters: dict[str, Any]) -> Any:
        result = frozen.stepfunctions.run(machine(f"elasticmapreduce:{action}", "", Parameters=parameters))
        assert result.succeeded, result.explain()
        return {k: v for k, v in result.output.items() if not k.startswith("Sdk")}

    cluster = {"ClusterId": "j-1"}
    assert output("createCluster", {"Name": "c", "Instances": {}}) == {"ClusterId": "j-1", "ClusterArn": "arn"}
    assert output("addStep", PARAMETERS["elasticmapreduce:addStep"]) == {"StepId": "s-1"}
    assert output("cancelStep", {**cluster, "StepId": "s-1"})["CancelStepsInfo"]["Status"] == "SUBMITTED"
    output("setClusterTerminationProtection", {**cluster, "TerminationProtected": True})
    output(
        "modifyInstanceFleetByName",
        {**cluster, "InstanceFleetName": "core", "InstanceFleet": {"TargetOnDemandCapacity": 2}},
    )
    assert frozen.calls("emr", "ModifyInstanceFleet").last.params["InstanceFleet"]["InstanceFleetId"] == "if-1"
    output("modifyInstanceGroupByName", {**cluster, "InstanceGroupName": "task", "InstanceGroup": {"InstanceCount": 2}})
    assert frozen.calls("emr", "ModifyInstanceGroups").last.params["InstanceGroups"][0]["InstanceGroupId"] == "ig-1"
    output("terminateCluster", cluster)
    assert frozen.calls("emr", "TerminateJobFlows").last.params == {"JobFlowIds": ["j-1"]}


def test_models_of_bedrock_speak_json(frozen: Cloud) -> None:
    frozen.stub(
        "bedrock-runtime",
        "InvokeModel",
        {"body": b'{"generations": [{"text": "hello"}]}', "contentType": "application/json"},
    )
    parameters = {"ModelId": "cohere.command-text-v14", "Body": {"prompt": "hi"}, "ContentType": "application/json"}
    output = frozen.stepfunctions.run(machine("bedrock:invokeModel", "", Parameters=parameters)).output
    assert output == {"Body": {"generations": [{"text": "hello"}]}, "ContentType": "application/json"}
    assert json.loads(frozen.calls("bedrock-runtime").last.params["body"]) == {"prompt": "hi"}


# ---------------------------------------------------------------------- what an aborted task started


@pytest.mark.parametrize("key", sorted(STOPS))
def test_a_job_is_stopped_with_its_execution(cloud: Cloud, key: str) -> None:
    cloud.stepfunctions.job(key, duration=3600)
    given = {"name": "m", "definition": json.dumps(machine(key)), "roleArn": ROLE}
    made = cloud.call("stepfunctions", "CreateStateMachine", given)["stateMachineArn"]
    arn = cloud.call("stepfunctions", "StartExecution", {"stateMachineArn": made})["executionArn"]
    cloud.clock.advance(seconds=30)
    stop, job = STOPS[key], JOBS[key]
    looks = len(cloud.calls(job.service, job.look))
    cloud.call("stepfunctions", "StopExecution", {"executionArn": arn})
    (stopped,) = cloud.calls(stop.service, stop.operation)
    assert stopped.caller == "m"
    cloud.clock.advance(hours=2)
    assert len(cloud.calls(job.service, job.look)) == looks  # nobody waits any longer
    description = cloud.call(job.service, job.look, cloud.calls(job.service, job.look)[0].params)
    text = json.dumps(description, default=str).upper()
    assert any(word in text for word in ("STOP", "CANCEL", "FAILED", "ERROR", "TERMINATED")), description


def test_stopping_is_tried_and_no_more(cloud: Cloud) -> None:
    cloud.stub("glue", "StartJobRun", {"JobRunId": "jr"})
    cloud.stub("glue", "GetJobRun", {"JobRun": {"JobRunState": "RUNNING"}})
    resource = "arn:aws:states:::glue:startJobRun.sync"
    task = {"Type": "Task", "Resource": resource, "Parameters": {"JobName": "j"}, "TimeoutSeconds": 60, "End": True}
    result = cloud.stepfunctions.run({"StartAt": "Job", "States": {"Job": task}})
    assert (result.status, result.error) == ("FAILED", "States.Timeout")
    assert cloud.calls(service="glue").last.params == {"JobName": "j", "JobRunIds": ["jr"]}


def test_tokens_that_make_a_request_idempotent_come_by_themselves(cloud: Cloud) -> None:
    """https://docs.aws.amazon.com/step-functions/latest/dg/connect-emr-serverless.html has none in its examples."""
    cloud.stub("emr-serverless", "StartJobRun", {"applicationId": "a", "jobRunId": "1", "arn": "arn:aws:emr:::job"})
    parameters = {"ApplicationId": "a", "ExecutionRoleArn": "arn:aws:iam::123456789012:role/r"}
    task = {"Type": "Task", "Resource": "arn:aws:states:::emr-serverless:startJobRun", "Parameters": parameters}
    result = cloud.stepfunctions.run({"StartAt": "Call", "States": {"Call": {**task, "End": True}}})
    assert result.output == {"ApplicationId": "a", "JobRunId": "1", "Arn": "arn:aws:emr:::job"} | metadata(result)
    assert len(cloud.calls("emr-serverless", "StartJobRun").last.params["clientToken"]) == 36


def metadata(result: Any) -> dict[str, Any]:
    return {k: v for k, v in result.output.items() if k.startswith("Sdk")}


@pytest.mark.parametrize("pattern", ["", ".sync", ".waitForTaskToken"])
def test_ecs_that_could_not_place_a_task(cloud: Cloud, pattern: str) -> None:
    """https://docs.aws.amazon.com/step-functions/latest/dg/connect-ecs.html"""
    cloud.stub("ecs", "RunTask", {"tasks": [], "failures": [{"arn": "a", "reason": "RESOURCE:MEMORY"}]})
    task = {"Type": "Task", "Resource": f"arn:aws:states:::ecs:runTask{pattern}", "Parameters": {"TaskDefinition": "t"}}
    result = cloud.stepfunctions.run({"StartAt": "Call", "States": {"Call": {**task, "End": True}}})
    if pattern:
        assert (result.error, result.cause) == ("AmazonECS.Unknown", '[{"Arn":"a","Reason":"RESOURCE:MEMORY"}]')
    else:
        assert result.output["Failures"] == [{"Arn": "a", "Reason": "RESOURCE:MEMORY"}]


@pytest.mark.parametrize(
    ("resource", "parameters", "operation", "error"),
    [
        ("ecs:runTask", {"TaskDefinition": "t"}, "ecs.RunTask", "ECS.AmazonECSException"),
        (
            "batch:submitJob",
            {"JobName": "j", "JobQueue": "q", "JobDefinition": "d"},
            "batch.SubmitJob",
            "Batch.AWSBatchException",
        ),
        ("glue:startJobRun", {"JobName": "j"}, "glue.StartJobRun", "Glue.AWSGlueException"),
        (
            "athena:startQueryExecution",
            {"QueryString": "q"},
            "athena.StartQueryExecution",
            "Athena.AmazonAthenaException",
        ),
        (
            "bedrock:invokeModel",
            {"ModelId": "m", "Body": {}},
            "bedrock-runtime.InvokeModel",
            "Bedrock.ThrottlingException",
        ),
    ],
)
def test_errors_have_the_names_that_workflows_catch(
    cloud: Cloud, resource: str, parameters: dict[str, Any], operation: str, error: str
) -> None:
    """Those of users' workflows; ``Odd`` is no error that the API has a shape for."""
    cloud.fail(*operation.split("."), "ThrottlingException" if "Throttling" in error else "Odd")
    task = {"Type": "Task", "Resource": f"arn:aws:states:::{resource}", "Parameters": parameters, "End": True}
    assert cloud.stepfunctions.run({"StartAt": "Call", "States": {"Call": task}}).error == error
