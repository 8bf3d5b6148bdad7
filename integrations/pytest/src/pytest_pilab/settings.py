"""What the user has set, in options, in the configuration and in the environment."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from .command import Pilab

KEY = pytest.StashKey["Settings"]()
PATTERNS = ["*.pilab.yaml", "lab.yaml", "pilab.yaml"]


@dataclass
class Settings:
    """Of one run of pytest."""

    pilab: Pilab
    mode: str | None
    seed: int | None
    # Of manifests.
    patterns: list[str]
    # Of the fixture's lab; None: the only one of the root folder.
    lab: str | None
    # What keeps labs of several pytest workers apart.
    suffix: str
    # By Ctrl-C or a signal.
    is_interrupted: bool = False

    @classmethod
    def read(cls, config: pytest.Config) -> Settings:
        """Labs are in `.pilab` of pytest's root folder, wherever it was started."""
        command = config.getini("pilab_command") or os.environ.get("PILAB") or "pilab"
        worker = os.environ.get("PYTEST_XDIST_WORKER")
        return cls(
            Pilab(str(command), config.rootpath), config.getoption("pilab_mode"),
            config.getoption("pilab_seed"), list(config.getini("pilab_manifests")) or PATTERNS,
            config.getini("pilab_lab") or None, f"-{worker}" if worker else "")

    @classmethod
    def of(cls, config: pytest.Config) -> Settings:
        """Those that were read at the beginning."""
        return config.stash[KEY]

    @property
    def mode_words(self) -> list[str]:
        """For pilab's command line."""
        return ["--mode", self.mode] if self.mode else []

    @property
    def seed_words(self) -> list[str]:
        """For pilab's command line."""
        return [] if self.seed is None else ["--seed", str(self.seed)]

    def is_manifest(self, path: Path) -> bool:
        """By its name, or the end of its path."""
        return any(path.match(pattern) for pattern in self.patterns)

    def only_manifest(self) -> Path:
        """Of the root folder; raises LookupError where there is none, or several."""
        folder = self.pilab.folder
        if self.lab:
            return folder / self.lab
        found = sorted(path for path in folder.iterdir() if path.is_file() and self.is_manifest(path))
        if len(found) == 1:
            return found[0]
        names = ", ".join(path.name for path in found) or "none"
        raise LookupError(f"which lab? manifests in {folder}: {names}; name one by pilab_lab in the "
                          "configuration of pytest, or @pytest.mark.pilab_lab(PATH)")
