"""The examples' own tests, each run as a user runs them, with the plugin as installed.

In this process: starting one of its own for each would take longer than the tests do.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
APPS = sorted(path.parent for path in EXAMPLES.glob("*/tests"))


@pytest.mark.usefixtures("everything_loaded")
@pytest.mark.parametrize("app", APPS, ids=lambda path: path.name)
def test_example(app: Path, pytester: pytest.Pytester) -> None:
    quiet = ["-q", "-rs", "-p", "no:cacheprovider", "-p", "no:asyncio", "-p", "no:xdist", "-W", "error"]
    settings = pytester.makeini("[pytest]\n")
    done = pytester.runpytest_inprocess(*quiet, "-c", str(settings), "--rootdir", str(app), str(app))
    assert done.ret in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED), done.stdout.str()
    skipped = re.findall(r"SKIPPED .*: (.*)", done.stdout.str())
    if skipped:
        pytest.skip("; ".join(skipped))


def test_the_apps_know_nothing_of_mock_serverless() -> None:
    code = [path for app in APPS for path in app.rglob("*.py") if "tests" not in path.relative_to(app).parts]
    assert len(code) >= len(APPS)
    assert not [path for path in code if "mock_serverless" in path.read_text()]


def test_each_example_is_on_the_list() -> None:
    listed = (EXAMPLES / "README.md").read_text()
    assert [app.name for app in APPS if f"[{app.name}]({app.name})" not in listed] == []
