"""pytest's hooks, and the fixture `lab`."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from .errors import PilabError
from .items import ManifestFile, ScenarioItem
from .lab import Lab
from .manifest import Malformed, Manifest
from .settings import KEY, PATTERNS, Settings

HANDLERS = pytest.StashKey[dict[signal.Signals, Any]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options, all of them named after pilab."""
    group = parser.getgroup("pilab")
    group.addoption("--pilab-mode", metavar="MODE",
                    choices=["auto", "loopback", "namespace", "libvirt", "virtualbox"],
                    help="what makes the boards; cells of other modes are left out")
    group.addoption("--pilab-seed", metavar="N", type=int,
                    help="of everything random in scenarios, instead of the manifests'")
    parser.addini("pilab_command", "pilab, with arguments if need be (default: $PILAB, or pilab)")
    parser.addini("pilab_manifests", "names of manifests whose scenarios are tests "
                  f"(default: {' '.join(PATTERNS)})", type="args")
    parser.addini("pilab_lab", "manifest of the fixture 'lab', relative to the root folder")


def pytest_configure(config: pytest.Config) -> None:
    """Signals that end pytest must let it take its labs down, as Ctrl-C does."""
    config.addinivalue_line("markers", "pilab_lab(path): manifest of the fixture 'lab' for this test")
    config.stash[KEY] = Settings.read(config)
    config.pluginmanager.register(Interruption(config.stash[KEY]))
    config.stash[HANDLERS] = {}
    if threading.current_thread() is not threading.main_thread():
        return
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:
            config.stash[HANDLERS][number] = signal.signal(number, leave)


def leave(number: int, frame: FrameType | None) -> None:
    """Ends pytest by way of all tear-downs; a second signal must not cut these short."""
    signal.signal(number, signal.SIG_IGN)
    pytest.exit(f"signal {signal.Signals(number).name}", returncode=128 + number)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Signals are again as they were."""
    for number, handler in config.stash.get(HANDLERS, {}).items():
        signal.signal(number, handler)


class Interruption:
    """Told before the tear-downs, which must not wait for scenarios then."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def pytest_keyboard_interrupt(self) -> None:
        """Ctrl-C, or a signal."""
        self.settings.is_interrupted = True


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """No pilab outlives pytest."""
    for item in getattr(session, "items", []):
        if isinstance(item, ScenarioItem) and item.parent.run:
            item.parent.run.interrupt()


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> ManifestFile | None:
    """Manifests that have scenarios."""
    if not Settings.of(parent.config).is_manifest(file_path):
        return None
    try:
        has_scenarios = bool(Manifest.read(file_path).scenarios)
    except Malformed:
        has_scenarios = b"scenarios" in file_path.read_bytes()
    return ManifestFile.from_parent(parent, path=file_path) if has_scenarios else None


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A fixture of the session is not told of a test's marks, but of its parameters."""
    mark = metafunc.definition.get_closest_marker("pilab_lab")
    if mark and "lab" in metafunc.fixturenames:
        metafunc.parametrize("lab", [str(mark.args[0])], indirect=True, scope="session")


@pytest.fixture(scope="session")
def lab(request: pytest.FixtureRequest) -> Iterator[Lab]:
    """The lab of a manifest, up. One that was up before stays up."""
    settings = Settings.of(request.config)
    named = getattr(request, "param", None)
    try:
        path = settings.pilab.folder / named if named else settings.only_manifest()
        manifest = Manifest.read(path)
    except (LookupError, Malformed, OSError) as error:
        raise pytest.fail.Exception(str(error), pytrace=False) from None
    found = Lab(settings.pilab, manifest, manifest.name + settings.suffix, settings.seed_words)
    try:
        was_up = found.is_there()
    except PilabError as error:
        raise pytest.fail.Exception(str(error), pytrace=False) from None
    try:
        try:
            found.up(settings.mode_words)
        except PilabError as error:
            raise pytest.fail.Exception(f"the lab of {path} is not up: {error}", pytrace=False) from None
        yield found
    finally:
        if not was_up:
            found.down()
