"""The examples' own tests, each run as a user runs them: by a pytest of its own, with the plugin as installed."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
APPS = sorted(path.parent for path in EXAMPLES.glob("*/tests"))


@pytest.mark.parametrize("app", APPS, ids=lambda path: path.name)
def test_example(app: Path, tmp_path: Path) -> None:
    quiet = ["-q", "-rs", "-p", "no:cacheprovider", "-p", "no:asyncio", "-p", "no:xdist", "-W", "error"]
    command = [
        sys.executable,
        "-m",
        "pytest",
        *quiet,
        "-c",
        str(tmp_path / "pytest.ini"),
        "--rootdir",
        str(app),
        str(app),
    ]
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode in (0, 5), done.stdout + done.stderr
    skipped = re.findall(r"SKIPPED .*: (.*)", done.stdout)
    if skipped:
        pytest.skip("; ".join(skipped))


def test_the_apps_know_nothing_of_mock_serverless() -> None:
    code = [path for app in APPS for path in app.rglob("*.py") if "tests" not in path.relative_to(app).parts]
    assert len(code) >= len(APPS)
    assert not [path for path in code if "mock_serverless" in path.read_text()]


def test_each_example_is_on_the_list() -> None:
    listed = (EXAMPLES / "README.md").read_text()
    assert [app.name for app in APPS if f"[{app.name}]({app.name})" not in listed] == []
