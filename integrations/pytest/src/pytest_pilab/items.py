"""Scenarios of manifests as tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .errors import PilabError
from .manifest import Cell, Malformed, Manifest
from .run import ScenarioRun
from .settings import Settings
from .verdicts import Ended


class ManifestFile(pytest.File):
    """A manifest with scenarios. One pilab tries all its cells, and starts when a result is wanted."""

    run: ScenarioRun | None = None
    # Whether a test has told of the run's error.
    is_told: bool = False
    manifest: Manifest

    def collect(self) -> Iterator[ScenarioItem]:
        """A test for each cell."""
        try:
            self.manifest = Manifest.read(self.path)
        except Malformed as error:
            raise self.CollectError(str(error)) from None
        settings = Settings.of(self.config)
        found = self.manifest.cells(settings.mode)
        uncounted = [cell.scenario for cell in found if cell.number is None]
        listed = self._listed(uncounted, settings) if uncounted else []
        for cell in found:
            counted = [each for each in listed if each.scenario == cell.scenario]
            for each in counted if cell.number is None and counted else [cell]:
                yield ScenarioItem.from_parent(self, name=each.name(settings.mode), cell=each)

    def _listed(self, names: list[str], settings: Settings) -> list[Cell]:
        """The cells of scenarios as pilab counts them; none where it cannot, which their test tells then."""
        words = [word for name in names for word in ("--scenario", name)]
        try:
            listing = settings.pilab.document("test", str(self.path), "--list", *settings.mode_words, *words)
        except PilabError:
            return []
        return [Cell(cell["scenario"], cell["number"], cell.get("exchange"), cell.get("mode"))
                for cell in listing["cells"]]

    def cells(self, wanted: Cell) -> list[Ended]:
        """Waits for the wanted cells; raises PilabError where pilab could not try them."""
        if self.run is None:
            settings = Settings.of(self.config)
            self.run = ScenarioRun.start(settings.pilab, self.manifest,
                                         [*settings.mode_words, *settings.seed_words, *self._choice()])
        found = self.run.cells(wanted)
        if not found:
            self.is_told = True
            raise self.run.error or PilabError(
                f"pilab has told nothing of '{wanted.name(None)}'", exit=self.run.process.returncode)
        return found

    def _choice(self) -> list[str]:
        """Which scenarios are to be tried: those of the tests that pytest has selected."""
        chosen = [item.cell for item in self.session.items
                  if isinstance(item, ScenarioItem) and item.parent is self]
        names = list(dict.fromkeys(cell.scenario for cell in chosen))
        if len(chosen) == 1 and chosen[0].number:
            return ["--scenario", names[0], "--cell", str(chosen[0].number)]
        if set(names) == set(self.manifest.scenarios):
            return []
        return [word for name in names for word in ("--scenario", name)]

    def teardown(self) -> None:
        """Whatever comes next may want the lab for itself."""
        run = self.run
        if run is None or run.is_interrupted:
            return
        if self.session.shouldstop or self.session.shouldfail or Settings.of(self.config).is_interrupted:
            run.interrupt()
            return
        run.wait()
        if run.error and not self.is_told:
            self.is_told = True
            pytest.fail(str(run.error), pytrace=False)


class ScenarioItem(pytest.Item):
    """A cell, or all cells of a scenario that pilab could not count."""

    cell: Cell
    parent: ManifestFile
    ended: list[Ended]

    def __init__(self, *, cell: Cell, **rest: Any) -> None:
        super().__init__(**rest)
        self.cell = cell

    def setup(self) -> None:
        """What says nothing of the scenario is an error, and no failure: to pytest that is the phase."""
        try:
            self.ended = self.parent.cells(self.cell)
        except PilabError as error:
            if error.code == "nothing_judged" and error.exit == 3:
                raise pytest.skip.Exception(error.message) from None
            raise pytest.fail.Exception(str(error), pytrace=False) from None
        for ended in self.ended:
            if self.cell.number and ended.exchange != self.cell.exchange:
                pytest.fail(f"pilab numbers the cells of '{self.cell.scenario}' otherwise: cell "
                            f"{ended.number} has exchange={ended.exchange}", pytrace=False)
        self.user_properties += [(key, ended.data[key]) for ended in self.ended[:1]
                                 for key in ("mode", "seed", "replay")]
        if self.worst.verdict == "inconclusive":
            pytest.fail(self._text(), pytrace=False)

    @property
    def worst(self) -> Ended:
        """The cell that the test is as bad as. What was skipped counts where nothing else was done."""
        done = [ended for ended in self.ended if ended.verdict != "skipped"] or self.ended
        return max(done, key=lambda ended: ended.severity)

    def runtest(self) -> None:
        """Says what pilab has said."""
        verdict, reason = self.worst.verdict, self.worst.reason
        if verdict == "skipped":
            pytest.skip(reason)
        if verdict == "knownFailure":
            pytest.xfail(reason)
            # With --runxfail that does nothing.
            pytest.fail(f"known failure: {reason}", pytrace=False)
        if verdict != "passed":
            pytest.fail(self._text(), pytrace=False)

    def _text(self) -> str:
        bad = [ended for ended in self.ended if ended.verdict not in ("passed", "knownFailure", "skipped")]
        return "\n".join(ended.text() for ended in bad)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where the scenario stands."""
        return self.path, self.parent.manifest.lines.get(self.cell.scenario), self.name
