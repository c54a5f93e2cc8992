"""The pytest plugin, by running pytest in pytest. Most runs share this process; what needs one of its own says so."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Sequence

import pytest

QUIET = ["-p", "no:randomly", "-p", "no:cacheprovider", "-p", "no:asyncio"]

FAILS_WITH_CALLS = """
    import boto3, pytest
    from mock_serverless import mock_cloud

    def use():
        boto3.client("sts").get_caller_identity()

    def test_fixture(cloud):
        use()
        assert False

    @mock_cloud(account="111111111111")
    def test_decorator():
        use()
        assert False

    def test_context_manager():
        with mock_cloud(region="eu-west-1"):
            use()
            assert False

    def test_closed_before_it_fails():
        with mock_cloud():
            use()
        assert False

    def test_passes(cloud):
        use()
"""


pytestmark = pytest.mark.usefixtures("everything_loaded")


def run(pytester: pytest.Pytester, source: str, *arguments: str, apart: bool = False) -> pytest.RunResult:
    pytester.makepyfile(source)
    options = [*QUIET, *arguments]
    return pytester.runpytest_subprocess(*options) if apart else pytester.runpytest_inprocess(*options)


def sections(result: pytest.RunResult) -> list[str]:
    """The text of each section of ours, in the order of the report."""
    found: list[list[str]] = []
    inside = False
    for line in result.outlines:
        if " mock_serverless -" in line:
            inside = True
            found.append([])
        elif inside and line.startswith(("___", "===", "---")):
            inside = False
        elif inside:
            found[-1].append(line)
    return ["\n".join(lines) for lines in found]


# ---------------------------------------------------------------------- the fixture


def test_the_fixture_needs_no_conftest_and_is_new_for_each_test(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
        import boto3

        def test_a(cloud):
            boto3.client("sts").get_caller_identity()
            assert cloud.calls.operations == ["sts.GetCallerIdentity"]

        def test_b(cloud):
            assert len(cloud.calls) == 0
        """,
    )
    result.assert_outcomes(passed=2)


def test_the_mark_gives_options_and_the_nearest_wins(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
        from datetime import datetime
        import pytest

        pytestmark = pytest.mark.mock_cloud(clock=datetime(2025, 1, 1), account="111111111111")

        def test_of_the_module(cloud):
            assert cloud.clock.now().isoformat() == "2025-01-01T00:00:00+00:00"
            assert cloud.account == "111111111111"

        @pytest.mark.mock_cloud(account="222222222222", region="eu-west-1", time="skip", seed=9)
        class TestClass:
            @pytest.mark.mock_cloud(account="333333333333")
            def test_of_the_function(self, cloud):
                assert cloud.clock.frozen
                assert (cloud.account, cloud.region, cloud.skips) == ("333333333333", "eu-west-1", True)

        def test_without_a_cloud():
            pass
        """,
        "--strict-markers",
    )
    result.assert_outcomes(passed=3)


@pytest.mark.parametrize(
    ("mark", "words"),
    [
        ('mock_cloud("frozen")', "*takes its options by name*"),
        ("mock_cloud(clok=1)", "*unexpected keyword argument 'clok'*"),
        ('mock_cloud(time="slow")', "*time is 'tick' or 'skip', not 'slow'*"),
    ],
)
def test_a_wrong_mark_is_an_error(pytester: pytest.Pytester, mark: str, words: str) -> None:
    result = run(pytester, f"import pytest\n\n@pytest.mark.{mark}\ndef test_a(cloud):\n    pass\n")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([words])


def test_a_mark_without_the_fixture_is_an_error(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
        import pytest

        @pytest.mark.mock_cloud(strict=True)
        def test_a():
            pass

        @pytest.mark.usefixtures("cloud")
        @pytest.mark.mock_cloud(strict=True)
        def test_b():
            pass
        """,
    )
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(['*add @pytest.mark.usefixtures("cloud")*'])


def test_the_mark_is_listed(pytester: pytest.Pytester) -> None:
    result = run(pytester, "", "--markers")
    result.stdout.fnmatch_lines(["@pytest.mark.mock_cloud(*options): options of mock_cloud for the fixture*"])


# ---------------------------------------------------------------------- the section of a failing test


def test_failing_tests_tell_of_their_clouds_and_passing_ones_do_not(pytester: pytest.Pytester) -> None:
    result = run(pytester, FAILS_WITH_CALLS)
    result.assert_outcomes(passed=1, failed=4)
    told = sections(result)
    assert len(told) == 4
    assert all("test: sts.GetCallerIdentity({}) -> " in text for text in told)
    assert "111111111111" in told[1]
    assert "eu-west-1" in told[2]
    assert [", open>" in text for text in told] == [True, False, False, False]


def test_failures_in_set_up_and_teardown_tell_too(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
        import boto3, pytest

        @pytest.fixture
        def breaks_before(cloud):
            boto3.client("sts").get_caller_identity()
            raise RuntimeError

        @pytest.fixture
        def breaks_after(cloud):
            yield
            boto3.client("sts").get_session_token()
            raise RuntimeError

        def test_a(breaks_before):
            pass

        def test_b(breaks_after):
            pass
        """,
    )
    result.assert_outcomes(errors=2, passed=1)
    before, after = sections(result)
    assert "sts.GetCallerIdentity" in before
    assert "sts.GetSessionToken" in after


def test_a_cloud_without_calls_says_so(pytester: pytest.Pytester) -> None:
    result = run(pytester, "def test_a(cloud):\n    assert False\n\ndef test_b():\n    assert False\n")
    (told,) = sections(result)
    assert told.endswith("No calls.")


def test_a_wider_cloud_is_told_of_by_those_who_used_it(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
        import boto3, pytest
        from mock_serverless import mock_cloud

        @pytest.fixture(scope="module")
        def shared():
            with mock_cloud() as cloud:
                boto3.client("sts").get_caller_identity()
                yield cloud

        def test_first(shared):
            pass

        def test_uses_it(shared):
            boto3.client("sts").get_session_token()
            assert False

        def test_does_not(shared):
            assert False
        """,
    )
    result.assert_outcomes(passed=1, failed=2)
    (told,) = sections(result)
    assert "sts.GetSessionToken" in told


def test_what_a_scratch_has_undone_is_told(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
        import unittest, boto3, pytest
        from mock_serverless import mock_cloud

        def test_scratch(cloud):
            boto3.client("sts").get_caller_identity()
            with cloud.scratch():
                boto3.client("sts").get_session_token()
                assert False

        def test_scratch_is_over(cloud):
            with cloud.scratch():
                boto3.client("sts").get_session_token()
            boto3.client("sts").get_caller_identity()
            assert False

        @mock_cloud
        class TestOld(unittest.TestCase):
            def test_it(self):
                boto3.client("sts").get_session_token()
                self.fail()
        """,
    )
    result.assert_outcomes(failed=3)
    scratch, over, old = sections(result)
    assert "rolled back" in scratch
    assert "GetCallerIdentity" in scratch
    assert "GetSessionToken" in scratch
    assert "GetSessionToken" not in over
    assert "GetSessionToken" in old


def test_the_section_is_a_screenful(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
        import boto3
        from mock_serverless import mock_cloud

        def test_many_calls(cloud):
            sts = boto3.client("sts")
            for i in range(500):
                sts.assume_role(RoleArn=f"arn:aws:iam::123456789012:role/{i}" + 500 * "x", RoleSessionName="it")
            assert False

        def test_many_clouds():
            with mock_cloud():
                sts = boto3.client("sts")
                for _ in range(20):
                    with mock_cloud():
                        for _ in range(50):
                            sts.get_caller_identity()
                assert False
        """,
    )
    for told in sections(result):
        lines = told.splitlines()
        assert len(lines) <= 44
        assert max(map(len, lines)) <= 160
        assert "the last" in told
    assert " 499 " in sections(result)[0]


def test_errors_and_executions_are_told(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
        import json
        from datetime import datetime
        import boto3, pytest

        ROLE = "arn:aws:iam::123456789012:role/x"

        def machine(states, name, **state):
            definition = {"StartAt": "Only", "States": {"Only": state}}
            made = states.create_state_machine(name=name, definition=json.dumps(definition), roleArn=ROLE)
            return states.start_execution(stateMachineArn=made["stateMachineArn"], name="run")

        @pytest.mark.mock_cloud(clock=datetime(2025, 6, 2))
        @pytest.mark.filterwarnings("ignore")
        def test_it(cloud):
            states = boto3.client("stepfunctions")
            machine(states, "waits", Type="Wait", Seconds=86400 * 7, End=True)
            machine(states, "fails", Type="Fail", Error="Burnt", Cause="too hot")
            cloud.clock.advance(days=2)
            boto3.client("stepfunctions").describe_execution(executionArn="arn:aws:states:us-east-1:123456789012:execution:no:no")
        """,
    )
    (told,) = sections(result)
    assert "waits:run RUNNING in Only for 2 days" in told
    assert "fails:run FAILED Burnt: too hot" in told
    assert "in 5 days" in told
    assert "-> ExecutionDoesNotExist: Execution Does Not Exist" in told


# ---------------------------------------------------------------------- what failed in the background

BACKGROUND = """
    import boto3, pytest

    @pytest.mark.mock_cloud(strict={strict})
    def test_it(cloud):
        @cloud.function("breaks")
        def breaks(event, context):
            raise RuntimeError("it broke")

        boto3.client("lambda").invoke(FunctionName="breaks", InvocationType="Event", Payload=b"{{}}")
        cloud.settle(until_idle=True)
"""


def test_background_failures_are_warned_of(pytester: pytest.Pytester) -> None:
    result = run(pytester, BACKGROUND.format(strict=False), "-W", "always")
    result.assert_outcomes(passed=1, warnings=1)
    result.stdout.fnmatch_lines(["*BackgroundFailureWarning*", "*it broke*"])


def test_background_failures_are_errors_when_strict(pytester: pytest.Pytester) -> None:
    result = run(pytester, BACKGROUND.format(strict=True))
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*BackgroundFailure:*", "*it broke*"])
    assert "lambda.Invoke" in sections(result)[0]


# ---------------------------------------------------------------------- weight


def light(code: str) -> Sequence[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()


def test_a_session_without_clouds_loads_no_botocore(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
        import sys

        def test_it():
            assert not [m for m in sys.modules if m.split(".")[0] in ("botocore", "boto3", "hypothesis")]
        """,
        "-p",
        "no:hypothesispytest",
        apart=True,
    )
    result.assert_outcomes(passed=1)


ASL_COVERAGE = """
    import json, boto3, pytest

    CHECK = {
        "StartAt": "Call",
        "States": {
            "Call": {
                "Type": "Task",
                "Resource": "arn:aws:states:::aws-sdk:ssm:getParameter",
                "Parameters": {"Name": "n"},
                "Retry": [
                    {"ErrorEquals": ["Ssm.InternalServerErrorException"], "MaxAttempts": 1},
                    {"ErrorEquals": ["States.Timeout"]},
                ],
                "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Bad"}],
                "Next": "Look",
            },
            "Look": {
                "Type": "Choice",
                "Choices": [
                    {"Variable": "$.Parameter.Value", "StringEquals": "a", "Next": "Good"},
                    {"Variable": "$.Parameter.Value", "StringEquals": "b", "Next": "Good"},
                ],
                "Default": "Bad",
            },
            "Good": {"Type": "Succeed"},
            "Bad": {"Type": "Fail"},
        },
    }

    @pytest.fixture
    def check(cloud):
        role = "arn:aws:iam::123456789012:role/r"
        boto3.client("stepfunctions", "us-east-1").create_state_machine(
            name="check", definition=json.dumps(CHECK), roleArn=role
        )
        return cloud

    def test_second(check):
        check.stub("ssm", "GetParameter", {"Parameter": {"Value": "b"}})
        check.fail("ssm", "GetParameter", "InternalServerError", times=1)
        with check.scratch():
            assert check.stepfunctions.run("check").succeeded

    def test_never_run(check):
        pass
"""


def is_covered(result: pytest.RunResult) -> bool:
    report = [line.split() for line in result.outlines if line.startswith(("check ", "Definition ", "Total "))]
    return report == [
        ["Definition", "States", "Choices", "Catchers", "Retriers", "Missing"],
        ["check", "3/4", "1/3", "0/1", "1/2", "Call:", "Catch[0],", "Call:", "Retry[1],", "Look:", "Choices[0],", "Look:",
         "Default,", "Bad"],
        ["Total", "3/4", "1/3", "0/1", "1/2", "50", "%"],
    ]  # fmt: skip


def test_coverage_of_state_machines(pytester: pytest.Pytester) -> None:
    result = run(pytester, ASL_COVERAGE, "--asl-cov")
    result.assert_outcomes(passed=2)
    assert is_covered(result)


@pytest.mark.skipif(importlib.util.find_spec("xdist") is None, reason="pytest-xdist is not installed")
def test_with_xdist(pytester: pytest.Pytester) -> None:
    """Both workers tell of the tests that fail, and what each has covered is put together."""
    pytester.makepyfile(test_fails=FAILS_WITH_CALLS)
    light = ["--assert=plain", "-p", "no:anyio", "-p", "no:hypothesispytest"]  # it is started three times
    result = run(pytester, ASL_COVERAGE, "--asl-cov", "-p", "xdist", "-n", "2", *light, apart=True)
    result.assert_outcomes(passed=3, failed=4)
    assert len(sections(result)) == 4
    assert is_covered(result)


def test_artifacts_of_failing_tests_are_kept(pytester: pytest.Pytester) -> None:
    source = """
        from datetime import datetime, timezone
        import pytest
        from mock_serverless import mock_cloud
        WAIT = {"StartAt": "Rest", "States": {"Rest": {"Type": "Wait", "Seconds": 9, "Next": "Stop"}, "Stop": {"Type": "Fail"}}}

        @pytest.mark.parametrize("n", ["a/b"])
        def test_fails(n):
            with mock_cloud(clock=datetime(2026, 1, 1, tzinfo=timezone.utc)) as cloud:  # a busy machine waits longer
                assert cloud.stepfunctions.run(WAIT, name="one").succeeded

        def test_passes(cloud):
            cloud.stepfunctions.run(WAIT)
    """
    run(pytester, source, "--cloud-artifacts=kept").assert_outcomes(failed=1, passed=1)
    (folder,) = (pytester.path / "kept").iterdir()
    assert folder.name.endswith("test_fails_a_b")
    assert sorted(p.name for p in folder.iterdir()) == ["machine-1-one.svg", "machine-1-one.txt"]
    assert (folder / "machine-1-one.svg").read_text().startswith("<svg ")
    assert "Rest waited 9 s" in (folder / "machine-1-one.txt").read_text()
