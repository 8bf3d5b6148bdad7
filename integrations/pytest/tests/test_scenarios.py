"""Scenarios of manifests as tests."""

from __future__ import annotations

import pytest
from conftest import HEAD, Project

ARRIVES = """
arrives:
  matrix: { exchange: [classic, sealed] }
  expect: { verdict: identical }
"""
VERDICTS = ARRIVES + """
wrong:
  exchange: sealed
  expect: { verdict: refused, receiver: integrity_failure }
commands:
  steps:
    - exec: { on: bob, sh: "exit 3" }
      expect: { exit: 3 }
    - exec: { on: bob, sh: "exit 3" }
known:
  matrix: { exchange: [classic, sealed] }
  attack: man-in-the-middle
  expect: { verdict: refused, receiver: key_confirmation_failed, attacker: { image: hidden } }
  knownFailure:
    where: { exchange: classic }
    why: nobody proves who they are
    instead: { verdict: identical, attacker: { image: obtained } }
better:
  exchange: sealed
  expect: { verdict: identical }
  knownFailure: { why: it was so once, instead: { verdict: refused } }
unreached:
  exchange: hasty
  faults:
    - { at: { from: sender, frame: HELLO }, do: cut }
    - { at: { from: sender, frame: CONFIRM }, do: { flip: 1 } }
  expect: { verdict: refused }
machine:
  steps: [ { kill: bob }, { exchange: sealed } ]
shaky:
  repeat: 2
  steps:
    - exec: { on: bob, sh: "test -e mark || { touch mark; exit 1; }" }
"""


def test_every_verdict(project: Project) -> None:
    """Each has the outcome that pytest has for it, and one pilab finds all of them."""
    project.manifest(VERDICTS)
    result = project.run("-v", "--pilab-seed", "7")
    result.assert_outcomes(passed=3, failed=4, errors=1, xfailed=1, skipped=1)
    result.stdout.fnmatch_lines_random([
        "lab.yaml::arrives[[]exchange=classic[]] 1 PASSED*",
        "lab.yaml::arrives[[]exchange=sealed[]] 2 PASSED*",
        "lab.yaml::known[[]exchange=sealed[]] 2 PASSED*",
        "FAILED lab.yaml::wrong 1*",
        "FAILED lab.yaml::commands 1*",
        "FAILED lab.yaml::better 1*",
        "FAILED lab.yaml::shaky 1*",
        "ERROR lab.yaml::unreached 1*",
        "XFAIL lab.yaml::known[[]exchange=classic[]] 1*nobody proves who they are*",
        "SKIPPED*mode 'loopback' cannot pull a board's plug*",
    ])
    assert project.runs() == 1
    check_texts(project, result)


def check_texts(project: Project, result: pytest.RunResult) -> None:
    """What was found otherwise, and the command that tries it again, and no Python."""
    again = f"    again: pilab test {project.path}/lab.yaml --scenario %s --cell 1 --mode loopback --seed 7"
    for lines in (
        ["failed: wrong 1  [[]mode=loopback[]]", "    verdict is identical, expected refused",
         "    receiver is done, expected integrity_failure", again % "wrong"],
        ["failed: commands 1*", "    step 2: exit is 3, expected 0", again % "commands"],
        ["unexpected pass: better 1*", "    passed, though known to fail*", again % "better"],
        ["inconclusive: unreached 1*cut at the sender's HELLO; flip 1 bit at the sender's CONFIRM",
         "    the exchange did not reach: flip 1 bit at the sender's CONFIRM", again % "unreached"],
        ["flaky: shaky 1*", "    of 2 attempts: 1 passed, 1 failed", "    exit is 1, expected 0",
         again % "shaky"],
    ):
        result.stdout.fnmatch_lines(lines, consecutive=True)
    result.stdout.no_fnmatch_line("*Traceback*")
    result.stdout.no_fnmatch_line("*items.py:*: Failed*")


def test_known_failures_with_runxfail(project: Project) -> None:
    """It makes failures of them, as of any other."""
    project.manifest(VERDICTS)
    result = project.run("--runxfail", "-k", "known and classic")
    result.assert_outcomes(failed=1, deselected=9)
    result.stdout.fnmatch_lines(["known failure: nobody proves who they are"])


@pytest.mark.parametrize(("words", "tried"), [
    (["-k", "arrives and sealed"], [("arrives", [2])]),
    (["-k", "arrives"], [("arrives", [1, 2])]),
    (["-k", "known or commands"], [("commands", [1]), ("known", [1, 2])]),
    (["lab.yaml::arrives[exchange=classic] 1"], [("arrives", [1])]),
    (["--deselect", "lab.yaml::arrives[exchange=classic] 1", "-k", "arrives or wrong"],
     [("arrives", [1, 2]), ("wrong", [1])]),
])
def test_selection(project: Project, words: list[str], tried: list[tuple[str, list[int]]]) -> None:
    """Only the scenarios of the selected tests are tried, and of one cell that cell alone."""
    project.manifest(VERDICTS)
    project.run(*words)
    assert project.tried() == tried


def test_which_files(project: Project) -> None:
    """Those of the usual names that have scenarios; nothing is run to know that."""
    project.manifest(ARRIVES, "pilab.yaml")
    project.manifest(ARRIVES, "other.pilab.yaml")
    project.manifest(ARRIVES, "other.yaml")
    project.manifest("", "lab.yaml")
    project.manifest("", "none.pilab.yaml")
    result = project.run("--collect-only", "-q")
    assert [line for line in result.outlines if "::" in line] == [
        f"{file}::arrives[exchange={exchange}] {number}"
        for file in ("other.pilab.yaml", "pilab.yaml")
        for number, exchange in enumerate(("classic", "sealed"), 1)]
    assert not (project.path / ".pilab").exists()


def test_which_files_by_configuration(project: Project) -> None:
    """A pattern with a slash is of the end of the path."""
    (project.path / "labs").mkdir()
    project.manifest(ARRIVES, "labs/one.yaml", HEAD.replace("image.bin", "../image.bin"))
    project.manifest(ARRIVES, "one.yaml")
    project.pytester.makeini("[pytest]\npilab_manifests = labs/*.yaml\n")
    result = project.run("-q")
    result.assert_outcomes(passed=2)
    assert [line for line in result.outlines if line.startswith("PASSED")] == [
        f"PASSED labs/one.yaml::arrives[exchange={exchange}] {number}"
        for number, exchange in enumerate(("classic", "sealed"), 1)]


def test_modes(project: Project, mode: str) -> None:
    """The run's mode is in the names, where the user has said it."""
    project.manifest(ARRIVES)
    result = project.run("--pilab-mode", mode)
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines([f"PASSED lab.yaml::arrives[[]exchange=sealed,mode={mode}[]] 2"])
    assert project.pilab("runs")[0]["mode"] == mode


@pytest.mark.parametrize("given", ["loopback", "auto"])
def test_matrix_of_modes(project: Project, modes: set[str], given: str) -> None:
    """Cells have modes of their own; --pilab-mode leaves out the others, and numbers stay."""
    if "namespace" not in modes:
        pytest.skip("mode namespace cannot work here")
    project.manifest("""
        each:
          matrix:
            mode: [loopback, namespace]
            exchange: [classic, sealed]
            except: [ { mode: loopback, exchange: classic } ]
          expect: { verdict: identical }
        any:
          exchange: sealed
          expect: { verdict: identical }
    """, head=HEAD.replace("mode: loopback", f"mode: {given}"))
    names = ["each[exchange=sealed,mode=loopback] 1", "each[exchange=classic,mode=namespace] 2",
             "each[exchange=sealed,mode=namespace] 3"]
    assert passed(project.run()) == [*names, "any 1"]
    assert passed(project.run("--pilab-mode", "namespace")) == [*names[1:], "any[mode=namespace] 1"]


def passed(result: pytest.RunResult) -> list[str]:
    """Names of tests of lab.yaml; there may be no others."""
    start = "PASSED lab.yaml::"
    names = [line.removeprefix(start) for line in result.outlines if line.startswith(start)]
    result.assert_outcomes(passed=len(names))
    return names


@pytest.mark.parametrize("ci", ["", "true"])
def test_mode_that_is_not_there(project: Project, monkeypatch: pytest.MonkeyPatch, ci: str) -> None:
    """Its cells are skipped; in CI, where the manifest's modes must be there, they fail."""
    project.manifest("""
        each:
          matrix: { mode: [loopback, virtualbox] }
          exchange: sealed
          expect: { verdict: identical }
    """, head=HEAD + "virtualbox: { command: ./no-such-program }\n")
    monkeypatch.setenv("CI", ci)
    result = project.run()
    if ci:
        result.assert_outcomes(passed=1, failed=1)
        result.stdout.fnmatch_lines(["failed: each 2*", "*mode 'virtualbox' cannot work here*"])
    else:
        result.assert_outcomes(passed=1, skipped=1)
        result.stdout.fnmatch_lines(["SKIPPED*mode 'virtualbox' cannot work here*"])


def test_nothing_judged(project: Project) -> None:
    """Where no cell can be tried there is no lab; that is no failure."""
    project.manifest("machine: { steps: [ { kill: bob }, { exchange: sealed } ] }")
    result = project.run()
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["SKIPPED*mode 'loopback' cannot pull a board's plug*"])


def test_lab_that_cannot_be_made(project: Project) -> None:
    """An error, with pilab's code and hint, on each test."""
    project.manifest(ARRIVES, head=HEAD + "virtualbox: { command: ./no-such-program }\n")
    result = project.run("--pilab-mode", "virtualbox")
    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(["mode 'virtualbox' cannot work here*(backend_unavailable)", "  hint: *"])


def test_manifest_that_is_not_valid(project: Project) -> None:
    """All that is wrong, with its places."""
    project.manifest(ARRIVES.replace("identical", "identicle"))
    result = project.run()
    result.assert_outcomes(errors=2)
    result.stdout.no_fnmatch_line("*another exception*")
    result.stdout.fnmatch_lines(["the manifest is not valid (manifest_invalid)",
                                 "*lab.yaml:*identicle*", "  hint: did you mean 'identical'?*"])


def test_manifest_that_is_no_yaml(project: Project) -> None:
    """Tests cannot be collected from it."""
    project.manifest(ARRIVES).write_text("scenarios:\n\tarrives: {}\n")
    result = project.run()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*lab.yaml: not YAML:*"])


def test_pilab_that_is_not_there(project: Project) -> None:
    """The text says where it is looked for."""
    project.manifest(ARRIVES)
    project.pytester.makeini("[pytest]\npilab_command = no-such-program\n")
    result = project.run()
    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(["there is no program 'no-such-program'", "  hint: set $PILAB*"])


EVERY_FRAME = """
    boundaries:
      matrix: { exchange: [hasty] }
      faults: [ { at: every frame, do: cut } ]
      expect: { verdict: refused, files: { receiver-decrypted: [absent, original] } }
    wrong:
      exchange: hasty
      faults: [ { at: every frame, do: { flip: 1 } } ]
      expect: { receiver: integrity_failure }
"""


def test_every_frame(project: Project) -> None:
    """Each cell is a test, as pilab counts them."""
    project.manifest(EVERY_FRAME)
    result = project.run("--pilab-seed", "7")
    result.assert_outcomes(passed=11, failed=7)
    result.stdout.fnmatch_lines([
        "PASSED lab.yaml::boundaries[[]exchange=hasty[]] 9", "PASSED lab.yaml::wrong 5",
        "FAILED lab.yaml::wrong 1"])
    result.stdout.fnmatch_lines(["failed: wrong 1 *flip 1 bit at the sender's PREAMBLE", "    receiver is *",
                                 "    again: pilab test*--scenario wrong --cell 1 *--seed 7"])


def test_one_frame(project: Project) -> None:
    """One of them is tried alone."""
    project.manifest(EVERY_FRAME)
    project.run("lab.yaml::wrong 5").assert_outcomes(passed=1)
    assert project.tried() == [("wrong", [5])]


def test_frames_that_nobody_counts(project: Project) -> None:
    """A manifest that is not valid has one test a scenario, whose error says why."""
    project.manifest(EVERY_FRAME.replace("integrity_failure", "integrity_failed"))
    result = project.run()
    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(["*integrity_failed*", "*hint: *"])


def test_properties(project: Project) -> None:
    """JUnit files have what is needed to try a test again."""
    project.manifest(ARRIVES)
    project.run("--junitxml=junit.xml", "--pilab-seed", "7")
    junit = (project.path / "junit.xml").read_text()
    assert junit.count('<property name="seed" value="7"') == 2
    assert f'value="pilab test {project.path}/lab.yaml --scenario arrives --cell 2 ' in junit


def test_first_failure_ends_it(project: Project) -> None:
    """With -x pilab is not left to try the rest."""
    project.manifest("""
        wrong: { exchange: sealed, expect: { verdict: different } }
        long: { steps: [ { exec: { on: bob, run: [sleep, 600] } } ] }
    """)
    result = project.run("-x")
    result.assert_outcomes(failed=1)


def test_folder_of_labs(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is that of the root folder, from wherever pytest is started."""
    project.manifest(ARRIVES)
    (project.path / "deep").mkdir()
    monkeypatch.chdir(project.path / "deep")
    project.run("..", "--rootdir", "..").assert_outcomes(passed=2)
    assert not (project.path / "deep/.pilab").exists()
    assert project.runs() == 1
