"""JSONata's expressions against the reference implementation: the npm package ``jsonata``, in AWS's version.

Needs Node.js and npm with its registry: the package is installed into pytest's temporary directory. Skipped where one is missing.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from mock_serverless.services.stepfunctions.language.errors import QueryFault
from mock_serverless.services.stepfunctions.language.expressions import Expressions
from mock_serverless.services.stepfunctions.language.references import analysed

from ..services.stepfunctions.simulation import Simulation

pytestmark = pytest.mark.reference
VERSION = "2.0.6"
CASES: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "cases" / "stepfunctions_jsonata.json").read_text("utf-8")
)
PROGRAM = """
const jsonata = require('jsonata');
const cases = JSON.parse(require('fs').readFileSync(0, 'utf8'));
(async () => {
  const out = [];
  for (const [text, names] of cases) {
    let found;
    try {
      const value = await jsonata(text).evaluate(undefined, names);
      if (value === undefined) found = {undefined: true};
      else if (typeof value === 'function' || (value && (value._jsonata_lambda || value._jsonata_function))) found = {fn: true};
      else {
        const shown = JSON.stringify(value);
        found = shown.includes('"_jsonata_') ? {fn: true} : {value: JSON.parse(shown)};
      }
    } catch (e) {
      found = e.code ? {error: e.code + ': ' + e.message} : {broke: String(e.message)};
    }
    out.push(found);
  }
  console.log(JSON.stringify(out));
})();
"""
ARGUMENTS = [
    "null",
    "1",
    "-1.5",
    '"a"',
    '""',
    "true",
    "[]",
    "[1]",
    '["a"]',
    '[1,"a",null]',
    "{}",
    '{"a":1}',
    "$nothing",
    '"1"',
]
FUNCTIONS = """sum count max min average string substring substringBefore substringAfter lowercase uppercase length trim pad
    contains replace split join formatBase number floor ceil abs sqrt boolean not keys lookup append exists spread merge reverse
    type sort distinct base64encode encodeUrlComponent encodeUrl decodeUrlComponent decodeUrl clone"""
OPERATORS = ("+", "-", "*", "%", "&", "=", "!=", "<", ">", "<=", ">=", "and", "or", "..")
# what is not compared: JavaScript breaks down there, or AWS gives a text where JSON has no number
KNOWN_TO_DIFFER = ("$pad(", "$contains(", "$split(", "$replace(", "$formatBase(")


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("needs Node.js and npm")
    folder = tmp_path_factory.mktemp("jsonata")
    command = ["npm", "install", "--prefix", str(folder), "--no-audit", "--no-fund", f"jsonata@{VERSION}"]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip(f"npm can't install jsonata@{VERSION} here")
    return folder


def asked(folder: Path, expressions: list[str]) -> list[dict[str, Any]]:
    cases = json.dumps([[e, CASES["names"]] for e in expressions])
    run = subprocess.run(["node", "-e", PROGRAM], input=cases, capture_output=True, text=True, cwd=folder, check=True)
    answers: list[dict[str, Any]] = json.loads(run.stdout)
    return answers


def ours(expressions: Expressions, text: str) -> dict[str, Any]:
    wrong, _ = analysed(text)
    if wrong is not None:
        return {"syntax": wrong}
    try:
        return {"value": expressions.evaluate(text, "F", CASES["names"])}
    except QueryFault as e:
        if "returned nothing" in e.message:
            return {"undefined": True}
        if "unsupported result type" in e.message:
            return {"fn": True}
        if "internal error" in e.message:
            return {"broke": e.message}
        return {"error": e.message.partition("during evaluation. ")[2]}


def agrees(theirs: dict[str, Any], found: dict[str, Any]) -> bool:
    if "syntax" in found:
        return theirs.get("error", "").partition(": ")[2] == found["syntax"]
    if "value" in theirs and "value" in found:
        return json.dumps(theirs["value"]) == json.dumps(found["value"])
    if "broke" in theirs:
        return True
    return theirs == found


def differences(folder: Path, texts: list[str]) -> list[tuple[str, Any, Any]]:
    world = Expressions(Simulation(), lambda: 1.0)
    pairs = zip(texts, asked(folder, texts), strict=True)
    return [(t, theirs, ours(world, t)) for t, theirs in pairs if not agrees(theirs, ours(world, t))]


def test_cases(reference: Path) -> None:
    assert differences(reference, [c["expression"] for c in CASES["cases"]]) == []


def test_every_function_with_all_kinds_of_arguments(reference: Path) -> None:
    texts = [f"${f}({a})" for f in FUNCTIONS.split() for a in ARGUMENTS]
    texts += [f"${f}({a}, {b})" for f in FUNCTIONS.split() for a, b in product(ARGUMENTS, repeat=2)]
    found = [d for d in differences(reference, texts) if not d[0].startswith(KNOWN_TO_DIFFER)]
    assert found == []


def test_every_operator_with_all_kinds_of_operands(reference: Path) -> None:
    texts = [f"[{a} {o} {b}]" for o in OPERATORS for a, b in product(ARGUMENTS, repeat=2)]
    assert differences(reference, texts) == []
