"""The floors of the house: imports go down only, and each rule about who may import what."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "mock_serverless"
MODULES = sorted(PACKAGE.rglob("*.py"))

FLOORS = {
    "core": 0,
    "services": 1,
    "doors": 2,
    "cloud": 3,
    "rollback": 3,
    "strategies": 3,
    "mocking": 4,
    "pytest_plugin": 5,
    "artifacts": 5,
    "asl": 5,
    "cli": 6,
    "__init__": 5,
    "__main__": 7,
    "demo": 5,
}
BOTOCORE = {"core/operation.py", "core/constraints.py", "demo.py"}  # the demo is an app, with an SDK of its own
CLOCKS = re.compile(r"\b(time\.(time|monotonic|perf_counter|sleep)\(|datetime\.(now|utcnow)\(|date\.today\()")
UNSEEDED = re.compile(r"^\s*import (random|uuid|secrets)\b|\bRandom\(\)|^from uuid|^from secrets", re.MULTILINE)
MAY_READ_THE_CLOCK = {"core/clock.py", "core/travel.py", "doors/waiting.py", "cli.py"}


def name(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def floor(path: str) -> int:
    return FLOORS[path.split("/")[0].removesuffix(".py")]


@cache
def imports(path: Path) -> tuple[tuple[str, bool], ...]:
    return tuple(imports_in(path))


def imports_in(path: Path) -> Iterator[tuple[str, bool]]:
    """What a module imports of the package (as a path) or from elsewhere (as a name); True when only for typing."""
    tree = ast.parse(path.read_text())
    typing_only = {
        id(child)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        for child in ast.walk(node)
    }
    here = ["mock_serverless", *path.relative_to(PACKAGE).with_suffix("").parts]
    if path.name == "__init__.py":
        here = here[:-1]
        here.append("__init__")
    for node in ast.walk(tree):
        for_typing = id(node) in typing_only
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, for_typing
        elif isinstance(node, ast.ImportFrom):
            base = here[: len(here) - node.level] if node.level else []
            module = [*base, *(node.module or "").split(".")] if node.module else base
            for alias in node.names:
                target = PACKAGE.parent.joinpath(*module, alias.name)
                is_module = target.with_suffix(".py").exists() or target.is_dir()
                yield ".".join([*module, alias.name] if is_module else module), for_typing


def each(paths: list[Path]) -> Callable[[Callable[[Path], None]], Callable[[], None]]:
    """One test for a rule: all files that break it are named."""

    def decorate(rule: Callable[[Path], None]) -> Callable[[], None]:
        def test() -> None:
            broken = []
            for path in paths:
                try:
                    rule(path)
                except AssertionError as e:
                    broken.append(str(e).split("\n")[0])
            assert paths
            assert not broken, "\n".join(broken)

        test.__name__ = rule.__name__
        return test

    return decorate


@each(MODULES)
def test_imports_go_down_only(path: Path) -> None:
    for target, for_typing in imports(path):
        parts = target.split(".")
        if parts[0] != "mock_serverless" or for_typing or len(parts) == 1:
            continue
        there = parts[1] if parts[1] in FLOORS else "__init__"
        assert FLOORS[there] <= floor(name(path)), f"{name(path)} imports {target} from a floor above"


@each([p for p in MODULES if "services/" in name(p)])
def test_services_never_import_each_other(path: Path) -> None:
    parts = name(path).split("/")
    if len(parts) < 3:
        return
    for target, _ in imports(path):
        there = target.split(".")
        if there[:2] == ["mock_serverless", "services"] and len(there) > 2:
            assert there[2] == parts[1], f"{name(path)} imports {target}"


@each(MODULES)
def test_botocore_is_imported_where_it_may(path: Path) -> None:
    if name(path) in BOTOCORE or name(path).startswith("doors/"):
        return
    found = [t for t, _ in imports(path) if t.split(".")[0] in ("botocore", "boto3", "aiobotocore")]
    assert not found, f"{name(path)} imports {found}"


LANGUAGES = {
    "services/dynamodb/expressions/": {"core"},
    "services/stepfunctions/language/": set(),
    "services/apigateway/templates/": {"core"},
}


@each([p for p in MODULES if name(p).startswith(tuple(LANGUAGES))])
def test_languages_know_no_cloud(path: Path) -> None:
    """They may use the errors, and values of their own service; no cloud, clock, agenda or scope."""
    for target, _ in imports(path):
        assert not re.match(
            r"mock_serverless\.(cloud|doors|mocking|core\.(clock|agenda|scope|guest|kernel|operation))", target
        ), f"{name(path)} imports {target}"


@each(MODULES)
def test_nothing_reads_the_machines_clock_but_the_clock(path: Path) -> None:
    if name(path) in MAY_READ_THE_CLOCK:
        return
    for number, line in enumerate(path.read_text().splitlines(), 1):
        code = line.split("#")[0]
        if "``" in code or '"""' in code:
            continue
        assert not CLOCKS.search(code), f"{name(path)}:{number}: {line.strip()}"


@each(MODULES)
def test_no_thread_is_started_and_chance_is_seeded(path: Path) -> None:
    text = path.read_text()
    assert "threading.Thread(" not in text
    assert "ThreadPool(" not in text
    assert "ThreadPoolExecutor(" not in text
    if name(path) != "doors/waiting.py":
        found = UNSEEDED.search(text)
        assert found is None, f"{name(path)}: {found.group(0) if found else ''}"


@each(MODULES)
def test_files_say_what_they_are_and_have_names_of_nouns(path: Path) -> None:
    if name(path) == "services/apigateway/models.py":
        return  # the manual's own noun: an API's models
    assert path.stem not in {"utils", "util", "helpers", "helper", "models", "manager", "base", "common", "misc"}
    assert re.match(r'r?"""\S|\Z', path.read_text()), f"{name(path)} has no docstring"
