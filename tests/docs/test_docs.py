"""The documentation's code runs, its links lead somewhere, and what is generated is up to date.

The convention (also in CONTRIBUTING.md), for each ``python`` block of README.md, CONTRIBUTING.md and docs/:

- A block whose first line is a comment with a file's name (``# shop.py``), or that defines tests, is a file; those with tests
  are run by pytest, in the directory of the page's files.
- Every other block runs as it stands: one namespace along the page, in an open cloud of the name ``cloud`` in which the page's
  files can be imported.
- A block after ``<!-- not run: why -->`` is not run; one after ``<!-- needs botocore 1.43.64 -->`` is run with that or newer.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore
import pytest

from mock_serverless import mock_cloud
from mock_serverless.cli import main
from mock_serverless.core.operation import operation_names

ROOT = Path(__file__).parents[2]
PAGES = sorted(p for p in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").rglob("*.md")])
BLOCK = re.compile(
    r"(<!-- (?:not run: .+?|needs botocore (?P<needed>[\d.]+)) -->\n)?^(?P<indent> *)```python\n(?P<code>.*?)^ *```$",
    re.MULTILINE | re.DOTALL,
)
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]*)(?:#([^)\s]*))?\)")
FILE = re.compile(r"# ([\w/]+\.py)\n")
PYTEST = ["-q", "-p", "no:randomly", "-p", "no:cacheprovider", "-W", "error", "--strict-markers"]


def name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def blocks(page: Path) -> Iterator[tuple[int, str]]:
    """The blocks that are to be run, with their line numbers."""
    text = page.read_text()
    for match in BLOCK.finditer(text):
        if not match[1] or (match["needed"] and release(match["needed"]) <= release(botocore.__version__)):
            indent = len(match["indent"])
            lines = [line[indent:] for line in match["code"].splitlines()]
            yield text[: match.start("code")].count("\n") + 1, "\n".join(lines) + "\n"


def release(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]


@pytest.mark.usefixtures("everything_loaded")
@pytest.mark.parametrize("page", [p for p in PAGES if any(blocks(p))], ids=name)
def test_code_runs(page: Path, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(pytester.path)
    before = set(sys.modules)
    namespace: dict[str, Any] = {"__name__": "page"}
    with mock_cloud() as cloud:
        for line, code in blocks(page):
            namespace["cloud"] = cloud
            file = FILE.match(code)
            tests = re.search(r"^ *(async )?def test_|^ *TestCase = ", code, re.MULTILINE)
            if file or tests:
                path = pytester.path / (file.group(1) if file else f"test_line_{line}.py")
                path.parent.mkdir(exist_ok=True)
                path.write_text(code)
            if tests:
                run_tests(page, line, path, pytester)
            elif not file:
                exec(compile("\n" * (line - 1) + code, str(page), "exec"), namespace)
    for module in set(sys.modules) - before:
        if str(pytester.path) in str(getattr(sys.modules[module], "__file__", "")):
            del sys.modules[module]


def run_tests(page: Path, line: int, path: Path, pytester: pytest.Pytester) -> None:
    asyncio = ["-o", "asyncio_mode=auto", "-o", "asyncio_default_fixture_loop_scope=function"]
    result = pytester.runpytest_inprocess(*PYTEST, *asyncio, str(path))
    outcomes = result.parseoutcomes()
    assert result.ret == 0, f"{name(page)}, line {line}: {outcomes}"
    assert outcomes.get("passed", 0) > 0


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_somewhere(page: Path) -> None:
    for path, anchor in LINK.findall(page.read_text()):
        if ":" in path:
            continue
        target = page.parent / path if path else page
        assert target.exists(), f"{name(page)} links to {path}"
        if anchor:
            assert anchor in anchors(target), f"{name(page)} links to {path}#{anchor}"


def anchors(page: Path) -> set[str]:
    titles = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}


def test_every_page_can_be_found() -> None:
    """From the README or from the list of docs/README.md."""
    linked = {
        (page.parent / path).resolve()
        for page in PAGES
        for path, _ in LINK.findall(page.read_text())
        if ":" not in path
    }
    assert [name(p) for p in PAGES if p.resolve() not in linked and p.name != "README.md"] == []


def listed(page: str) -> dict[str, set[str]]:
    sections = re.split(r"^## (.*)$", page, flags=re.MULTILINE)[1:]
    return {service: set(re.findall(r"`(\w+)`", text)) for service, text in zip(*[iter(sections)] * 2, strict=True)}


def test_the_page_of_coverage_is_up_to_date(capsys: pytest.CaptureFixture[str]) -> None:
    """The page is written with the newest botocore; what an older one's models don't know is not asked for."""
    main(["coverage", "--markdown"])
    page = listed((ROOT / "docs" / "coverage.md").read_text())
    known = {service: names & set(operation_names(service).values()) for service, names in page.items()}
    assert known == listed(capsys.readouterr().out), "python -m mock_serverless coverage --markdown > docs/coverage.md"


def test_the_architecture_knows_every_file_of_the_core_and_every_service() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text()
    core = [path.name for path in (ROOT / "mock_serverless" / "core").glob("*.py") if path.name != "__init__.py"]
    services = [f"{path.parent.name}/" for path in (ROOT / "mock_serverless" / "services").glob("*/__init__.py")]
    assert [file for file in core if f"`{file}`" not in page] == []
    assert [folder for folder in services if folder not in page] == []


def test_the_first_two_commands_of_the_readme_are_one_line_each() -> None:
    first = re.findall(r"^```sh\n(.*?)^```$", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL)[:2]
    assert [command.count("\n") for command in first] == [1, 1]
    assert "mock-serverless demo" in first[0]
    assert "pytest" in first[1]
