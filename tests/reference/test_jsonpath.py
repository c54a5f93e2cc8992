"""Step Functions' paths against the reference implementation: JsonPath 2.0.0 with Jackson, as Debian packages both.

Why that version: language/path_syntax.py. Needs Java and the packages libjsonpath-java and libjackson2-databind-java; skipped
where one is missing.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from mock_serverless.services.stepfunctions.language import paths as ours
from mock_serverless.services.stepfunctions.language.searches import GONE, search

from . import paths

pytestmark = pytest.mark.reference
PROGRAM = Path(__file__).with_name("Paths.java")
JARS = ("json-path", "json-smart", "accessors-smart", "slf4j-api", "slf4j-nop", "asm",
        "jackson-core", "jackson-databind", "jackson-annotations")  # fmt: skip
FOLDER = Path("/usr/share/java")
CASES: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "cases" / "stepfunctions_paths.json").read_text("utf-8")
)


def asked(pairs: list[tuple[str, Any]]) -> list[dict[str, Any]]:
    """What the reference finds."""
    missing = [j for j in JARS if not (FOLDER / f"{j}.jar").exists()]
    if shutil.which("java") is None or missing:
        pytest.skip(f"needs Java, libjsonpath-java and libjackson2-databind-java (missing: {missing or 'java'})")
    classpath = ":".join(str(FOLDER / f"{j}.jar") for j in JARS)
    text = "".join(json.dumps(pair) + "\n" for pair in pairs)
    command = ["java", "-cp", classpath, str(PROGRAM)]
    run = subprocess.run(command, input=text, capture_output=True, text=True, encoding="utf-8", check=True)
    return [json.loads(line) for line in run.stdout.splitlines()]


def found(text: str, document: Any) -> dict[str, Any]:
    """What we find."""
    try:
        tokens = ours.path_syntax.tokens(text)
    except ours.PathSyntaxError:
        return {"syntax": ""}
    try:
        value = search(tokens, document)
        return {"value": None if value is GONE else value}
    except ours.NotFound as e:
        return {"missing": str(e)}
    except ours.Inapplicable as e:
        return {"inapplicable": str(e)}


def agrees(theirs: dict[str, Any], mine: dict[str, Any]) -> bool:
    """The same value, or the same message; where Java itself breaks down, its words don't count."""
    if "syntax" in theirs:
        return "syntax" in mine
    if "broken" in theirs:
        return "inapplicable" in mine
    return json.dumps(theirs) == json.dumps(mine)


def differences(pairs: list[tuple[str, Any]]) -> list[Any]:
    answers = zip(pairs, asked(pairs), strict=True)
    return [(*p, theirs, found(*p)) for p, theirs in answers if not agrees(theirs, found(*p))]


def test_generated_paths(request: pytest.FixtureRequest) -> None:
    seed = request.config.getoption("--reference-seed") or 0
    drawn = paths.pairs(int(seed), 20_000)
    assert differences(drawn)[:20] == []


def test_cases() -> None:
    assert differences([(c["path"], CASES["input"]) for c in CASES["cases"]]) == []
    refused = [(text, CASES["input"]) for text in CASES["refused"] if text.startswith("$")]
    assert all("syntax" in theirs for theirs in asked(refused))
