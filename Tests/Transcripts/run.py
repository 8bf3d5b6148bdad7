#!/usr/bin/env python3
"""Runs the transcripts of the command line: run.py [--update] [--jobs N] [--programs FOLDER] [NAME]...

A NAME is a part of a transcript's name; without one all are run. README.md tells their form.
"""

import argparse
import collections
import concurrent.futures
import os
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent.resolve()))
import transcript as transcripts  # noqa: E402


def options():
    here = pathlib.Path(__file__).parent
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="only those whose name has this in it")
    parser.add_argument("--update", action="store_true", help="write down what the commands do now; see it in git diff")
    parser.add_argument("--jobs", type=int, default=4, help="how many at a time (4)")
    parser.add_argument("--cases", type=pathlib.Path, default=here / "cases", help="the transcripts' folder")
    parser.add_argument("--programs", type=pathlib.Path,
                        default=os.environ.get("PILAB_PROGRAMS") or here / "../../.build/debug",
                        help="the built programs' folder (PILAB_PROGRAMS, else .build/debug)")
    return parser.parse_args()


def attempt(case, mode, programs, update):
    """(outcome, lines) of one transcript in one mode."""
    try:
        wrong = transcripts.run(case, programs, mode, update)
    except transcripts.Skipped as reason:
        # Where all must run, one that cannot is a failure.
        kind = "failed" if os.environ.get("CI") == "true" else "skipped"
        return kind, [f"{case.path.name}: skipped: {reason}"]
    return ("failed" if wrong else "passed"), wrong


def main():
    wanted = options()
    programs = wanted.programs.resolve()
    if not os.access(programs / "pilab", os.X_OK):
        sys.exit(f"there is no pilab in {programs}; build it: swift build")
    paths = [path for path in sorted(wanted.cases.glob("*.txt"))
             if not wanted.names or any(name in path.name for name in wanted.names)]
    begun, counts = time.monotonic(), collections.Counter()
    work = []
    for path in paths:
        try:
            case = transcripts.Transcript.read(path)
        except transcripts.Malformed as error:
            counts["failed"] += 1
            print(error)
            continue
        work += [(case, mode) for mode in (case.modes or [None])]
    with concurrent.futures.ThreadPoolExecutor(max_workers=max(1, wanted.jobs)) as pool:
        # What is written anew is what the first of its modes did.
        done = [pool.submit(attempt, case, mode, programs, wanted.update and mode in (None, case.modes[:1] and case.modes[0]))
                for case, mode in work]
        for (case, mode), future in zip(work, done):
            outcome, lines = future.result()
            counts[outcome] += 1
            if lines:
                print("\n".join(lines) + (f"\n  (mode {mode})" if mode else ""), flush=True)
    commands = sum(len(case.blocks) for case, _ in work)
    print(f"{counts['passed']} transcripts passed, {counts['failed']} failed, {counts['skipped']} skipped; "
          f"{commands} commands in {time.monotonic() - begun:.0f} s")
    if not counts["passed"]:
        print("none has passed, and that is a failure")
    sys.exit(1 if counts["failed"] or not counts["passed"] else 0)


if __name__ == "__main__":
    main()
