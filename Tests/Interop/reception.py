"""How a sender finds its receiver among all that connect, and how a side gives up.

One thread for each connection; the first that confirms the key wins.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import queue
import select
import socket
import sys
import threading
import time
from collections.abc import Callable

import wire
from exchange import Exchange
from wire import Deadline, ExchangeError

LINGER = 1.0  # seconds to read on after an ALERT, so that no reset destroys it
CAPACITY = 32  # connections at once; one more is closed at once
TELLING = {"mismatch": 3, "bad_public_value": 3, "reflected": 3, "key_confirmation_failed": 3,
           "bad_version": 2, "bad_frame": 2, "peer_alert": 2}


def emit(options: argparse.Namespace, event: str, where: tuple[str, int], **more: str) -> None:
    if options.events:
        line = {"event": event, "address": where[0], "port": where[1], **more}
        print(json.dumps(line), file=sys.stderr, flush=True)


def give_up(connection: wire.Connection, error: ExchangeError) -> None:
    """Tells the peer why by ALERT and reads on for a moment, so that the ALERT arrives."""
    if error.alert == 0:
        return
    end = time.monotonic() + LINGER
    with contextlib.suppress(ExchangeError, OSError):
        connection.deadline = Deadline(LINGER, end)
        connection.send_frame(wire.ALERT, bytes([error.alert]))
        connection.link.shutdown(socket.SHUT_WR)
        while connection.receive(wire.BLOCK):
            pass


class Reception:
    """The connections that have not confirmed yet."""

    def __init__(
        self, options: argparse.Namespace, begin: Callable[[socket.socket], Exchange]
    ) -> None:
        self.options, self.begin = options, begin
        self.outcomes: queue.Queue[tuple[Exchange, ExchangeError | None]] = queue.Queue()
        self.threads: list[threading.Thread] = []
        self.links: list[socket.socket] = []
        self.open = self.refused = 0
        self.most_telling: ExchangeError | None = None
        self.waker, self.bell = socket.socketpair()

    def negotiate(self, link: socket.socket) -> None:
        exchange = self.begin(link)
        try:
            exchange.handshake()
        except (ExchangeError, OSError) as cause:
            error = cause if isinstance(cause, ExchangeError) else ExchangeError(
                "connection_lost", "hello", str(cause))
            self.report(exchange, error)
            give_up(exchange.connection, error)
            link.close()
            return
        self.report(exchange, None)

    def report(self, exchange: Exchange, error: ExchangeError | None) -> None:
        self.outcomes.put((exchange, error))
        self.bell.send(b"!")

    def welcome(self, listener: socket.socket) -> None:
        link, where = listener.accept()
        if self.open == CAPACITY:
            link.close()
            return
        emit(self.options, "connected", where)
        self.open += 1
        self.links.append(link)
        self.threads.append(threading.Thread(target=self.negotiate, args=(link,), daemon=True))
        self.threads[-1].start()

    def settle(self) -> Exchange | None:
        """The winner among the outcomes that are there."""
        self.waker.recv(wire.BLOCK)
        with contextlib.suppress(queue.Empty):
            while True:
                exchange, error = self.outcomes.get_nowait()
                self.open -= 1
                if error is None:
                    return exchange
                self.refused += 1
                if TELLING.get(error.code, 1) >= TELLING.get(
                        getattr(self.most_telling, "code", ""), 0):
                    self.most_telling = error
        return None

    def run(self, listener: socket.socket) -> Exchange:
        end = time.monotonic() + self.options.connect_timeout
        most = self.options.attempts or float("inf")
        while True:
            left = end - time.monotonic()
            accepts = left > 0 and self.refused < most
            if not accepts and self.open == 0:
                raise self.failure()
            watched = [self.waker, listener] if accepts else [self.waker]
            for ready in select.select(watched, [], [], left if accepts else None)[0]:
                if ready is listener:
                    self.welcome(listener)
                elif winner := self.settle():
                    return winner

    def failure(self) -> ExchangeError:
        for thread in self.threads:
            thread.join(LINGER)
        return self.most_telling or ExchangeError(
            "connect_failed", "connect", "no receiver connected in time")

    def dismiss(self, winner: Exchange | None) -> None:
        for link in self.links:
            if winner is None or link is not winner.connection.link:
                with contextlib.suppress(OSError):
                    link.sendall(wire.frame(wire.ALERT, b"\x0d"))
                    link.shutdown(socket.SHUT_RDWR)


def winner(
    options: argparse.Namespace, begin: Callable[[socket.socket], Exchange]
) -> Exchange:
    """The exchange of the first connection with a confirmed key. Raises ExchangeError."""
    try:
        listener = socket.create_server(options.listen, backlog=CAPACITY)
    except OSError as error:
        raise ExchangeError("listen_failed", "listen", str(error)) from None
    with listener:
        emit(options, "listening", listener.getsockname())
        reception, found = Reception(options, begin), None
        try:
            found = reception.run(listener)
            return found
        finally:
            reception.dismiss(found)
