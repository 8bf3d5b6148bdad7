#!/usr/bin/env python3
"""The runner of the transcripts itself: what it lets pass, what it does not, and what it writes anew."""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).parent.resolve()
sys.path.insert(0, str(HERE))
import transcript  # noqa: E402

# Enough of a pilab for a runner, which asks it to take everything down.
PROGRAM = "#!/bin/sh\ntest \"$1\" = down && echo 'no lab is up here'\ntest \"$1\" != fail || { echo bad >&2; exit 3; }\n"


class Runner(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.cases = pathlib.Path(folder.name) / "cases"
        self.programs = pathlib.Path(folder.name) / "programs"
        self.cases.mkdir()
        self.programs.mkdir()
        (self.programs / "pilab").write_text(PROGRAM)
        (self.programs / "pilab").chmod(0o755)

    def run_cases(self, *options, environment=None, **texts):
        for name, text in texts.items():
            (self.cases / f"{name}.txt").write_text(text)
        environment = {key: value for key, value in os.environ.items() if key != "CI"} | (environment or {})
        return subprocess.run(
            [sys.executable, HERE / "run.py", "--cases", self.cases, "--programs", self.programs, *options],
            capture_output=True, text=True, timeout=60, env=environment)

    def check(self, text, status, words=""):
        result = self.run_cases(case=text)
        self.assertEqual(result.returncode, status, result.stdout + result.stderr)
        self.assertIn(words, result.stdout)

    def test_what_is_as_it_was_passes(self):
        self.check("# A comment.\n\n$ echo a; echo b >&2; : >made; exit 4\n  a\n! b\n= 4\n- gone\n+ made\n", 0,
                   "1 transcripts passed, 0 failed")

    def test_what_differs_fails_and_is_shown(self):
        self.check("$ echo b\n  a\n= 0\n", 1, "    -a\n    +b\n")
        self.check("$ echo a\n= 0\n", 1, "    +a\n")
        self.check("$ true\n  a\n= 0\n", 1, "    -a\n")
        self.check("$ echo a >&2\n  a\n= 0\n", 1, "standard errors:")
        self.check("$ pilab fail\n! bad\n= 0\n", 1, "exit status 3, not 0")
        self.check("$ : >made\n= 0\n- made\n", 1, "it is there: made")
        self.check("$ true\n= 0\n+ made\n", 1, "it is missing: made")
        self.check("$ printf a\n  a\n= 0\n", 1, "a (no newline)")
        self.check("$ false | true\n= 0\n", 1, "exit status 1, not 0")

    def test_what_runs_nothing_fails(self):
        result = self.run_cases()
        self.assertEqual(result.returncode, 1)
        self.assertIn("none has passed", result.stdout)
        self.check("# Nothing.\n", 1, "it runs nothing")
        self.assertEqual(self.run_cases("no-such-name", case="$ true\n= 0\n").returncode, 1)

    def test_what_cannot_be_read_fails(self):
        for text in ("$ true\n", "true\n= 0\n", "$ true\n= zero\n", "@nonsense x\n$ true\n= 0\n", "$ true\n= 0\nlost\n"):
            self.check(text, 1, "case.txt:")

    def test_dots_stand_for_anything(self):
        self.check("$ seq 9\n  1\n  …\n  9\n= 0\n", 0)
        self.check("$ seq 9\n  1\n  …\n  8\n= 0\n", 1)
        self.check("$ echo in the middle\n  in …dle\n= 0\n", 0)
        self.check("$ echo a.b\n  a.c…\n= 0\n", 1)

    def test_what_changes_is_masked(self):
        self.check("@mask x\\d+ => <x>\n$ pwd; echo $HOME; echo 2026-01-02T03-04-05Z 1.5 ms x77\n"
                   "  <folder>\n  <base>/home\n  <run> <duration> <x>\n= 0\n", 0)

    def test_update_writes_what_differs_and_only_that(self):
        text = "# Kept.\n\n$ seq 3\n  1\n  …\n= 0\n\n$ printf 'a\\n\\n' >&2; exit 2\n  old\n= 0\n"
        self.assertEqual(self.run_cases("--update", case=text).returncode, 1)
        self.assertEqual((self.cases / "case.txt").read_text(),
                         "# Kept.\n\n$ seq 3\n  1\n  …\n= 0\n\n$ printf 'a\\n\\n' >&2; exit 2\n! a\n!\n= 2\n")
        self.assertEqual(self.run_cases("--update").returncode, 0)

    def test_nothing_is_left_running(self):
        self.check("$ sleep 1000 & true\n= 0\n", 1, "it leaves processes: [")

    def test_what_is_missing_is_told_and_in_ci_a_failure(self):
        texts = {"one": "@needs no-such-program\n$ true\n= 0\n", "two": "$ true\n= 0\n"}
        result = self.run_cases(**texts)
        self.assertEqual(result.returncode, 0, result.stdout)
        self.assertIn("one.txt: skipped: there is no program no-such-program", result.stdout)
        self.assertEqual(self.run_cases(environment={"CI": "true"}, **texts).returncode, 1)

    def test_a_mode_at_a_time(self):
        self.check("@modes loopback namespace\n$ echo $MODE\n  <mode>\n= 0\n", 0, "2 transcripts passed")

    def test_every_transcript_can_be_read_and_written(self):
        paths = sorted((HERE / "cases").glob("*.txt"))
        self.assertGreaterEqual(len(paths), 60)
        for path in paths:
            self.assertEqual(transcript.Transcript.read(path).text(), path.read_text(), path.name)


if __name__ == "__main__":
    unittest.main()
