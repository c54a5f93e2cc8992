"""The command ``mock-serverless asl``: state machines from a shell, without any set-up of AWS.

    mock-serverless asl validate FILE              AWS's diagnostics of a definition
    mock-serverless asl run FILE --input JSON      run it in virtual time, and tell the story
    mock-serverless asl draw FILE -o machine.svg   a picture (SVG, or Mermaid's text)

A file is JSON, or YAML where PyYAML is installed. ``--set Name=value`` fills in ``${Name}``, as SAM and the CDK do when they
deploy.
Exit status: 0 all is well, 1 the definition has errors or the execution did not succeed, 2 the command could not be understood.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from .mocking import mock_cloud

ROLE = "arn:aws:iam::123456789012:role/state-machine"


class Misunderstood(Exception):
    """What was given can't be read; the message says why."""


def add_commands(commands: Any) -> None:
    """``asl`` and what stands behind it."""
    asl = commands.add_parser("asl", help="validate, run or draw a state machine's definition")
    actions = asl.add_subparsers(dest="action", metavar="action", required=True)
    told = actions.add_parser("validate", help="what AWS says of a definition")
    _add_file(told)
    told = actions.add_parser("run", help="run a definition in virtual time")
    _add_file(told)
    told.add_argument("--input", default="{}", metavar="JSON", help="the input, or @FILE (default: {})")
    told.add_argument("--result", action="append", default=[], metavar="STATE=JSON", help="what a state's task answers")
    told.add_argument(
        "--error", action="append", default=[], metavar="STATE=NAME", help="a state's task fails with this"
    )
    told.add_argument(
        "--stub",
        action="append",
        default=[],
        metavar="SERVICE.OPERATION=JSON",
        help="what an operation of AWS's answers",
    )
    told.add_argument("--mock-config", metavar="FILE", help="a MockConfigFile.json of Step Functions Local")
    told.add_argument("--case", metavar="NAME", help="a test case of it")
    told.add_argument("--name", default="machine", help="the machine's name in it (default: machine)")
    told.add_argument("--svg", metavar="FILE", help="write a picture of the execution there")
    told.add_argument("--history", action="store_true", help="the events of the history in place of the story")
    told = actions.add_parser("draw", help="a picture of a definition")
    _add_file(told)
    told.add_argument("-o", "--output", metavar="FILE", help="where to (default: the standard output)")
    told.add_argument("--mermaid", action="store_true", help="Mermaid's text in place of SVG")


def _add_file(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="the definition, JSON or YAML; - for the standard input")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="what stands for ${NAME}")
    parser.add_argument("--type", choices=("STANDARD", "EXPRESS"), default="STANDARD")


def main(options: argparse.Namespace) -> int:
    """Do what the options say; gives the exit status."""
    from .core.errors import MockServerlessError

    try:
        return ACTIONS[options.action](options)
    except BrokenPipeError:
        raise
    except (Misunderstood, MockServerlessError, OSError) as e:
        print(f"mock-serverless asl: {e}", file=sys.stderr)
        return 2


# ---------------------------------------------------------------------- actions


def _validate(options: argparse.Namespace) -> int:
    text = _text(options)
    with mock_cloud() as cloud:
        answer = cloud.call(
            "stepfunctions",
            "ValidateStateMachineDefinition",
            {"definition": text, "type": options.type, "severity": "WARNING"},
        )
    for found in answer["diagnostics"]:
        where = f" at {found['location']}" if "location" in found else ""
        print(f"{found['severity']} {found['code']}{where}: {found['message']}")
    if answer["result"] == "OK":
        print("OK")
    return 0 if answer["result"] == "OK" else 1


def _run(options: argparse.Namespace) -> int:
    from .core.errors import AwsError, NotSupported
    from .core.operation import output_shape, resolve

    text, given = _text(options), _input(options.input)
    with mock_cloud() as cloud:
        cloud.clock.freeze()
        for stub in options.stub:
            name, value = _pair(stub, "--stub SERVICE.OPERATION=JSON")
            service, operation = resolve(*name.partition(".")[::2])
            cloud.stub(service, operation, _answer(_json(value, "--stub"), output_shape(service, operation)))
        machine = options.name + _case(options, cloud, text)
        try:
            create = {"name": options.name, "definition": text, "roleArn": ROLE, "type": options.type}
            cloud.call("stepfunctions", "CreateStateMachine", create)
            result = cloud.stepfunctions.run(machine, given)
        except AwsError as e:
            print(f"{e.code}: {e.message}", file=sys.stderr)
            return 1
        except NotSupported as e:
            print(f"{e}\nOr answer for the state: --result 'STATE={{...}}'", file=sys.stderr)
            return 1
        cloud.failures.clear()
    print("\n".join(result.timeline) if options.history else result.explain())
    if options.svg:
        Path(options.svg).write_text(result.svg(), encoding="utf-8")
    return 0 if result.succeeded else 1


def _case(options: argparse.Namespace, cloud: Any, text: str) -> str:
    """``#TestCase``, out of a file or made of ``--result`` and ``--error``."""
    if options.mock_config:
        if not options.case:
            raise Misunderstood("--mock-config needs --case, the name of a test case in it")
        cloud.stepfunctions.mock_config(options.mock_config)
        return f"#{options.case}"
    responses: dict[str, Any] = {}
    for given in options.result:
        state, value = _pair(given, "--result STATE=JSON")
        responses[state] = {"0-1000000": {"Return": _json(value, "--result")}}
    for given in options.error:
        state, value = _pair(given, "--error STATE=NAME")
        responses[state] = {"0-1000000": {"Throw": {"Error": value}}}
    if not responses:
        return ""
    names = _states(text)
    for state in responses:
        if names and state not in names:
            raise Misunderstood(f"there is no state {state!r}; there are {', '.join(map(repr, names))}")
    case = {state: state for state in responses}
    cloud.stepfunctions.mock_config(
        {"StateMachines": {options.name: {"TestCases": {"given": case}}}, "MockedResponses": responses}
    )
    return "#given"


def _states(text: str) -> list[str]:
    """The names of a definition's states, those inside others too."""
    from .services.stepfunctions.language.definition import levels, parse

    definition = parse(text)
    return (
        [name for level in levels(definition) for _, name, _ in level.states()] if isinstance(definition, dict) else []
    )


def _draw(options: argparse.Namespace) -> int:
    from .services.stepfunctions.pictures import mermaid, svg

    definition = _json(_text(options), options.file)
    if not isinstance(definition, dict):
        raise Misunderstood(f"{options.file}: a definition is an object")
    picture = mermaid(definition) if options.mermaid else svg(definition)
    if options.output:
        Path(options.output).write_text(picture, encoding="utf-8")
    else:
        print(picture)
    return 0


ACTIONS = {"validate": _validate, "run": _run, "draw": _draw}


# ---------------------------------------------------------------------- what is given


def _text(options: argparse.Namespace) -> str:
    """The definition as JSON's text."""
    text = sys.stdin.read() if options.file == "-" else Path(options.file).read_text(encoding="utf-8")
    for given in options.set:
        name, value = _pair(given, "--set NAME=VALUE")
        text = text.replace(f"${{{name}}}", value)
    if options.file.endswith((".yaml", ".yml")):
        text = json.dumps(_yaml(text, options.file))
    return text


def _yaml(text: str, file: str) -> Any:
    try:
        import yaml
    except ImportError:
        raise Misunderstood(f"{file} is YAML, which needs PyYAML: python -m pip install pyyaml") from None
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as e:
        raise Misunderstood(f"{file} is no YAML: {e}") from None


def _input(given: str) -> Any:
    return _json(Path(given[1:]).read_text(encoding="utf-8") if given.startswith("@") else given, "--input")


def _json(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as e:
        raise Misunderstood(f"{where}: no JSON: {e}") from None


def _answer(value: Any, shape: Any) -> Any:
    """JSON as boto3 gives it: where the shape has bytes, a text's."""
    kind = getattr(shape, "type_name", None)
    if kind == "blob" and isinstance(value, str):
        return value.encode()
    if kind == "structure" and isinstance(value, dict):
        return {name: _answer(v, shape.members.get(name)) for name, v in value.items()}
    if kind == "list" and isinstance(value, list):
        return [_answer(v, shape.member) for v in value]
    if kind == "map" and isinstance(value, dict):
        return {name: _answer(v, shape.value) for name, v in value.items()}
    return value


def _pair(given: str, form: str) -> tuple[str, str]:
    name, sign, value = given.partition("=")
    if not sign:
        raise Misunderstood(f"expected {form}, not {given!r}")
    return name, value
