"""pytest over pilab: scenarios of manifests as tests, and labs as the fixture `lab`."""

from .errors import CommandFailed, CommandTimeout, ExpectationFailed, Inconclusive, PilabError
from .exchange import Attacker, ExchangeResult, Side, StoredFile
from .lab import CommandResult, Lab

__all__ = [
    "Attacker", "CommandFailed", "CommandResult", "CommandTimeout", "ExchangeResult",
    "ExpectationFailed", "Inconclusive", "Lab", "PilabError", "Side", "StoredFile",
]
