"""What the plugin must know of a manifest before pilab reads it: names, lines, and which cells there are."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml


class Loader(yaml.SafeLoader):
    """YAML 1.2 as pilab reads it: `on` is a word, and 1:30 no number."""

    yaml_implicit_resolvers: dict[str, Any] = {}


Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("(?:true|false)$"), list("tf"))
Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile("(?:~|null|Null|NULL|)$"),
                             ["~", "n", "N", ""])
Loader.add_implicit_resolver("tag:yaml.org,2002:int",
                             re.compile("(?:-?(?:0|[1-9][0-9]*)|0x[0-9a-fA-F]+)$"),
                             list("-0123456789"))


class Malformed(Exception):
    """The file is no map in YAML."""


@dataclass(frozen=True)
class Cell:
    """What is one test: a cell, or all cells of a scenario that are not counted."""

    scenario: str
    # From 1; None for all of the scenario.
    number: int | None = None
    exchange: str | None = None
    # None where it is the run's.
    mode: str | None = None

    def name(self, mode: str | None) -> str:
        """As the cell's test is called; `mode` is the run's where it is known."""
        words = [f"{key}={value}" for key, value in
                 (("exchange", self.exchange), ("mode", self.mode or mode)) if value]
        label = f"[{','.join(words)}]" if words else ""
        return f"{self.scenario}{label}" + (f" {self.number}" if self.number else "")


@dataclass(frozen=True)
class Manifest:
    """A manifest as it lies on the disk; pilab alone says whether it is valid."""

    path: Path
    data: dict[str, Any]
    # Of the scenarios' names, from 0.
    lines: dict[str, int]

    @classmethod
    def read(cls, path: Path) -> Manifest:
        """Raises Malformed, and OSError."""
        try:
            text = path.read_text(encoding="utf-8")
            node = yaml.compose(text, Loader)
            data = yaml.load(text, Loader)
        except (yaml.YAMLError, ValueError) as error:
            raise Malformed(f"{path}: not YAML: {error}") from None
        if not isinstance(data, dict):
            raise Malformed(f"{path}: no map of keys")
        return cls(path, data, lines(node))

    @property
    def name(self) -> str:
        """Of the lab."""
        return str(self.data.get("name") or self.path.stem)

    @property
    def impairment(self) -> dict[str, str]:
        """Of all boards' links, while nobody changes it."""
        network = self.data.get("network")
        impairment = network.get("impairment") if isinstance(network, dict) else None
        return {str(kind): str(value) for kind, value in (impairment or {}).items()}

    @property
    def scenarios(self) -> dict[str, Any]:
        """By name."""
        scenarios = self.data.get("scenarios")
        if not isinstance(scenarios, dict):
            return {}
        return {str(name): scenario for name, scenario in scenarios.items()}

    @property
    def names_modes(self) -> bool:
        """Whether any cell has a mode of its own."""
        return any(matrix(scenario).get("mode") for scenario in self.scenarios.values())

    def cells(self, mode: str | None) -> list[Cell]:
        """The tests of the file, without cells of other modes than the user's own."""
        return [cell for name, scenario in self.scenarios.items()
                for cell in cells(name, scenario) if not mode or cell.mode in (None, mode)]


def lines(node: Any) -> dict[str, int]:
    """Where the names of the scenarios stand."""
    found: dict[str, int] = {}
    for key, value in node.value if isinstance(node, yaml.MappingNode) else []:
        if key.value == "scenarios" and isinstance(value, yaml.MappingNode):
            found |= {name.value: name.start_mark.line for name, _ in value.value}
    return found


def matrix(scenario: Any) -> dict[str, Any]:
    """Of a scenario; empty where it has none."""
    found = scenario.get("matrix") if isinstance(scenario, dict) else None
    return found if isinstance(found, dict) else {}


def cells(name: str, scenario: Any) -> list[Cell]:
    """In pilab's order: for each mode each exchange, without what `except` names.

    Places multiply them, in a way that depends on the protocol's frames: such a scenario is not counted.
    """
    of = matrix(scenario)
    modes, exchanges = choices(of.get("mode")), choices(of.get("exchange"))
    if has_places(scenario):
        return [Cell(name, mode=modes[0] if len(modes) == 1 else None)]
    left_out = [pattern for pattern in of.get("except") or [] if isinstance(pattern, dict)]
    combinations = [(mode, exchange) for mode in modes for exchange in exchanges
                    if not any(leaves_out(pattern, mode, exchange) for pattern in left_out)]
    return [Cell(name, number, exchange, mode)
            for number, (mode, exchange) in enumerate(combinations, 1)]


def choices(value: Any) -> list[str | None]:
    """Of a matrix; one unnamed choice where it has none."""
    return [str(each) for each in value] if isinstance(value, list) and value else [None]


def leaves_out(pattern: dict[str, Any], mode: str | None, exchange: str | None) -> bool:
    """Where the mode is not known yet, an exception that names one decides nothing."""
    if mode is None:
        return "mode" not in pattern and pattern.get("exchange") == exchange
    return pattern.get("mode", mode) == mode and pattern.get("exchange", exchange) == exchange


def has_places(value: Any) -> bool:
    """Whether a scenario has a fault at every frame, in any of its steps."""
    if isinstance(value, dict):
        return value.get("at") == "every frame" or any(map(has_places, value.values()))
    return isinstance(value, list) and any(map(has_places, value))
