"""However the tests end, nothing is left; the fixture `project` looks for it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest
from conftest import Project

PATIENCE = 60.0  # seconds, for what ought to take parts of one
# Where pilab writes down what its exchanges do, from their beginning.
EXCHANGE = ".pilab/lab/runs/.*/history.jsonl"
LONG = 'long: { steps: [ { exec: { on: bob, sh: "touch %s; exec sleep 600" } } ] }'
TEST = """
import time

def test_long(lab):
    open({mark!r}, "w").close()
    {body}
"""


def interrupted(project: Project, number: int, mark: str = "mark") -> int:
    """Exit status of a pytest that gets a signal when a mark is there."""
    process = subprocess.Popen([sys.executable, "-m", "pytest"], cwd=project.path,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + PATIENCE
    while not list(project.path.glob(mark)):
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.05)
    os.kill(process.pid, number)
    return process.wait(PATIENCE)


@pytest.mark.parametrize(("number", "status", "body"), [
    (signal.SIGINT, pytest.ExitCode.INTERRUPTED, "time.sleep(600)"),
    (signal.SIGINT, pytest.ExitCode.INTERRUPTED, 'lab.exec("bob", "sleep", "600")'),
    (signal.SIGTERM, 143, 'lab.exec("bob", "sleep", "600")'),
    (signal.SIGHUP, 129, "time.sleep(600)"),
])
def test_while_a_lab_is_up(project: Project, number: int, status: int, body: str) -> None:
    """The fixture takes it down."""
    project.manifest()
    project.pytester.makepyfile(TEST.format(mark=str(project.path / "mark"), body=body))
    assert interrupted(project, number) == status


@pytest.mark.parametrize(("number", "status"), [
    (signal.SIGINT, pytest.ExitCode.INTERRUPTED), (signal.SIGTERM, 143)])
def test_while_scenarios_run(project: Project, number: int, status: int) -> None:
    """pilab is told, and takes its lab away."""
    project.manifest(LONG % (project.path / "mark"))
    assert interrupted(project, number) == status


@pytest.mark.parametrize("mark", ["mark", EXCHANGE])
def test_while_an_exchange_runs(project: Project, mark: str) -> None:
    """Whether pilab is about to be started or has begun; the manifest beside the original goes too."""
    project.manifest()
    hold = '{"at": {"from": "sender", "byte": 0}, "do": {"hold": "1h"}}'
    body = f'lab.exchange("classic", faults=[{hold}])'
    project.pytester.makepyfile(TEST.format(mark=str(project.path / "mark"), body=body))
    assert interrupted(project, signal.SIGINT, mark) == pytest.ExitCode.INTERRUPTED
