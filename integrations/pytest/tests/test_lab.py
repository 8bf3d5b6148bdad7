"""The fixture `lab`: a session of tests in each mode, and how it comes and goes."""

from __future__ import annotations

import subprocess

import pytest
from conftest import HEAD, Project

TESTS = '''
import time

import pytest
from pytest_pilab import *

FLIP = {"at": {"from": "sender", "byte": 1000}, "do": {"flip": 1}}


def test_exec(lab):
    assert lab.exec("bob", "echo", "a  b").stdout == "a  b\\n"
    result = lab.exec("bob", "sh", "-c", "cat; echo no >&2; exit 3", check=False, input="in")
    assert (result.exit, result.stdout, result.stderr) == (3, "in", "no\\n")
    with pytest.raises(CommandFailed, match="exit status 3\\nstandard error:\\nno") as caught:
        lab.exec("bob", "sh", "-c", "echo no >&2; exit 3")
    assert caught.value.result.exit == 3
    # A status that pilab has too.
    assert lab.exec("bob", "sh", "-c", "exit 69", check=False).exit == 69


def test_timeout(lab):
    with pytest.raises(CommandTimeout, match="not ended within 1 s") as caught:
        lab.exec("bob", "sh", "-c", "echo begun; exec sleep 613", timeout=1)
    assert (caught.value.stdout, caught.value.stderr) == ("begun\\n", "")
    # It does not go on.
    for attempt in range(100):
        if lab.exec("bob", "pgrep", "-f", "^sleep 613", check=False).exit:
            return
        time.sleep(0.1)
    pytest.fail("the command runs on")


def test_what_pilab_cannot(lab):
    with pytest.raises(PilabError) as caught:
        lab.exec("carol", "true")
    assert caught.value.message == "lab 'lab' has no board 'carol'"
    assert caught.value.hint == "its boards are: alice, bob, mallory"
    assert (caught.value.code, caught.value.exit) == (None, 64)
    with pytest.raises(PilabError, match="there is no program 'no-such-program' on the board"):
        lab.exec("bob", "no-such-program")
    with pytest.raises(PilabError, match=r"\\(unsupported\\)\\n  hint: virtual machines can") as caught:
        lab.snapshot("warm")
    assert (caught.value.code, caught.value.exit) == ("unsupported", 2)
    for refused in (lambda: lab.restore("warm"), lambda: lab.kill("bob"), lambda: lab.reboot("bob")):
        with pytest.raises(PilabError, match="cannot"):
            refused()


def test_files(lab, tmp_path):
    (tmp_path / "a").write_bytes(bytes(range(256)) * 5000)
    lab.put(tmp_path / "a", "bob", "a b")
    lab.get("bob", "a b", tmp_path / "c")
    assert (tmp_path / "c").read_bytes() == (tmp_path / "a").read_bytes()
    with pytest.raises(CommandFailed, match="No such file|cannot open"):
        lab.get("bob", "nowhere", tmp_path / "d")
    with pytest.raises(CommandFailed):
        lab.put(tmp_path / "a", "bob", "nowhere/a")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "c"]


def test_exchange(lab):
    result = lab.exchange("sealed")
    assert (result.verdict, result.sender.code, result.receiver.code) == ("identical", "done", "done")
    assert result.files["receiver-decrypted"].state == "original" and result.attacker is None
    assert result.seconds > 0 and result.faults == []


def test_faults(lab):
    result = lab.exchange("sealed", faults=[FLIP], expect={"receiver": "integrity_failure"})
    assert (result.verdict, result.sender.code, result.receiver.step) == ("refused", "peer_alert", "image")
    assert result.files["receiver-decrypted"].state == "absent"
    assert result.faults == ["flip 1 bit at byte 1000 of the image"]
    assert result.attacker.image == "hidden"
    held = {"at": {"from": "sender", "byte": 0}, "do": {"hold": "3s"}}
    assert lab.exchange("hasty", faults=[held]).verdict == "timeout"


def test_attack(lab):
    result = lab.exchange("classic", attack="man-in-the-middle")
    assert (result.attacker.image, result.attacker.attack) == ("obtained", "man-in-the-middle")


def test_otherwise_than_expected(lab):
    with pytest.raises(ExpectationFailed) as caught:
        lab.exchange("sealed", expect={"verdict": "refused", "receiver": "integrity_failure"})
    assert caught.value.findings == [
        "verdict is identical, expected refused", "receiver is done, expected integrity_failure"]
    assert caught.value.result.verdict == "identical"


def test_inconclusive(lab):
    cut, flip = [{"at": {"from": "sender", "frame": frame}, "do": do}
                 for frame, do in (("HELLO", "cut"), ("CONFIRM", {"flip": 1}))]
    with pytest.raises(Inconclusive, match="did not reach: flip 1 bit at the sender's CONFIRM"):
        lab.exchange("hasty", faults=[cut, flip])


def test_what_no_exchange_is(lab):
    with pytest.raises(PilabError, match="there is no exchange 'seald'") as caught:
        lab.exchange("seald")
    assert caught.value.code == "manifest_invalid"
    with pytest.raises(ValueError, match="every frame"):
        lab.exchange("sealed", faults=[{"at": "every frame", "do": "cut"}])


def test_impair(lab):
    with pytest.raises(TypeError, match="not: rat"):
        with lab.impair("bob", rat="20Mbit"):
            pass
    if lab.mode == "loopback":
        with pytest.raises(PilabError, match="cannot impair links"):
            with lab.impair("bob", rate="20Mbit"):
                pass
        with pytest.raises(PilabError, match="link"):
            lab.link("bob", False)
        return
    shown = lambda: lab.exec("bob", "tc", "qdisc", "show", "dev", "eth0").stdout
    with pytest.raises(ZeroDivisionError):
        with lab.impair("bob", rate="20Mbit"):
            assert "rate 20Mbit" in shown()
            with lab.impair("bob", rate="30Mbit"):
                assert "rate 30Mbit" in shown()
            assert "rate 20Mbit" in shown()
            1 / 0
    assert "rate" not in shown()
    lab.link("bob", False)
    assert "state DOWN" in lab.exec("bob", "ip", "link", "show", "eth0").stdout
    lab.link("bob", True)
    assert lab.exchange("sealed").verdict == "identical"
'''
ONE = "def test_one(lab):\n    assert lab.exec('bob', 'true').exit == 0\n"


def test_methods(project: Project, mode: str) -> None:
    """All that it can do, and what modes without machines cannot."""
    project.manifest()
    project.pytester.makepyfile(TESTS)
    result = project.run("--pilab-mode", mode)
    result.assert_outcomes(passed=11)


def test_impairment_of_the_manifest(project: Project, modes: set[str]) -> None:
    """It is in force again afterwards."""
    if "namespace" not in modes:
        pytest.skip("mode namespace cannot work here")
    project.manifest(head=HEAD.replace("mode: loopback", "mode: namespace") +
                     "network: { impairment: { rate: 50Mbit } }\n")
    project.pytester.makepyfile("""
        def test_impair(lab):
            shown = lambda: lab.exec("bob", "tc", "qdisc", "show", "dev", "eth0").stdout
            with lab.impair("bob", loss="1%"):
                assert "rate" not in shown()
            assert "rate 50Mbit" in shown()
            assert lab.exchange("sealed").verdict == "identical"
    """)
    project.run().assert_outcomes(passed=1)


def test_failures(project: Project) -> None:
    """Their texts end at the test's own line, and show nothing of the plugin's."""
    project.manifest()
    project.pytester.makepyfile("""
        def test_exchange(lab):
            lab.exchange("sealed", expect={"verdict": "refused"})

        def test_exec(lab):
            lab.exec("bob", "sh", "-c", "echo said; exit 3")

        def test_pilab(lab):
            lab.kill("bob")
    """)
    result = project.run()
    result.assert_outcomes(failed=3)
    result.stdout.fnmatch_lines(["E *ExpectationFailed: verdict is identical, expected refused"])
    result.stdout.fnmatch_lines(["E *CommandFailed: board 'bob': sh -c echo said; exit 3: exit status 3",
                                 "E *standard output:", "E *said"])
    result.stdout.fnmatch_lines(["E *PilabError: *cannot pull a board's plug",
                                 "E *hint: virtual machines can:*"])
    result.stdout.no_fnmatch_line("*pytest_pilab/*.py:*")


def test_lab_that_cannot_be_made(project: Project) -> None:
    """An error with pilab's words."""
    project.manifest(head=HEAD + "virtualbox: { command: ./no-such-program }\n")
    project.pytester.makepyfile(ONE)
    result = project.run("--pilab-mode", "virtualbox")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["the lab of */lab.yaml is not up: mode 'virtualbox' cannot work here*",
                                 "  hint: *"])


def test_lab_that_is_up(project: Project) -> None:
    """It is used, also by scenarios, and stays up."""
    project.manifest("arrives: { exchange: sealed, expect: { verdict: identical } }")
    project.pytester.makepyfile(ONE)
    project.pilab("up")
    before = project.pilab("status")["since"]
    project.run().assert_outcomes(passed=2)
    assert project.pilab("status")["since"] == before
    project.pilab("down")


def test_beside_scenarios(project: Project) -> None:
    """Scenarios are through when the next file's tests come, and use a lab that is up."""
    project.manifest("arrives: { exchange: sealed, expect: { verdict: identical } }")
    project.manifest("again: { exchange: sealed, expect: { verdict: identical } }", "z.pilab.yaml")
    project.pytester.makeini("[pytest]\npilab_lab = lab.yaml\n")
    project.pytester.makepyfile(test_a="def test_one(lab):\n    lab.exchange('sealed')\n")
    project.run("lab.yaml", "test_a.py", "z.pilab.yaml").assert_outcomes(passed=3)


def test_which_lab(project: Project) -> None:
    """The mark's, the configuration's, or the only one."""
    project.manifest(name="lab.yaml")
    project.manifest(name="second.pilab.yaml", head=HEAD.replace("name: lab", "name: second"))
    project.manifest(name="third.yaml", head=HEAD.replace("name: lab", "name: third"))
    project.pytester.makepyfile("""
        import pytest

        @pytest.mark.pilab_lab("third.yaml")
        def test_mark(lab):
            assert lab.name == "third"

        def test_other(lab):
            assert lab.name == "second"
    """)
    result = project.run()
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["which lab? manifests in *: lab.yaml, second.pilab.yaml; name one by*"])
    project.pytester.makeini("[pytest]\npilab_lab = second.pilab.yaml\n")
    project.run("--strict-markers").assert_outcomes(passed=2)


def test_workers(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each has a lab of its own, by the variable that pytest-xdist sets."""
    project.manifest()
    project.pytester.makepyfile("""
        def test_one(lab):
            assert lab.name == "lab-gw1"
            assert lab.exchange("sealed").verdict == "identical"
    """)
    project.pilab("up")
    monkeypatch.setenv("PYTEST_XDIST_WORKER", "gw1")
    project.run().assert_outcomes(passed=1)
    assert [lab["lab"] for lab in project.pilab("list") if lab["condition"] == "up"] == ["lab"]
    subprocess.run([project.command, "down", "--lab", "lab"], cwd=project.path, check=True,
                   stdout=subprocess.DEVNULL)
