"""Another process that has the same home open; run as a program by the tests, see store/processes.py.

Reads commands from stdin, one JSON list a line, and answers each with one line, ``{"ok": result}`` or
``{"error": code, "message": text}``. With ``churn SEED`` it makes and destroys keys until it is killed, and writes
one line when an operation begins and one when it has returned.
"""

from __future__ import annotations

import dataclasses
import json
import os
import random
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bridge.engine import Attribute, Hsm, HsmError, MechanismType, Role, Session
from bridge.engine.attributes import Value
from bridge.engine.curves import curve_named
from bridge.engine.storage import Transaction
from bridge.store import open_home
from bridge.store.generation import Announced


def say(content: object) -> None:
    # One write: a killed process leaves a whole line or none.
    os.write(1, json.dumps(content).encode() + b"\n")


class Child:
    """The commands."""

    def __init__(self, hsm: Hsm, session: Session) -> None:
        self.hsm, self.session = hsm, session

    def login(self, name: str, password: str, role: str = "crypto-user") -> None:
        self.session = self.hsm.open_session()
        self.session.login(Role(role), name, password.encode())

    def logout(self) -> None:
        self.session.logout()

    def aes(self, label: str, token: bool = True) -> int:
        template: dict[Attribute, Value] = {Attribute.VALUE_LEN: 16, Attribute.LABEL: label, Attribute.TOKEN: token}
        return self.session.generate_key(MechanismType.AES_KEY_GEN, template)

    def pair(self, label: str) -> tuple[int, int]:
        both: dict[Attribute, Value] = {Attribute.TOKEN: True, Attribute.LABEL: label}
        public = {Attribute.EC_PARAMS: curve_named("secp256r1").params, **both}
        return self.session.generate_key_pair(MechanismType.EC_KEY_PAIR_GEN, public, both)

    def sign(self, handle: int) -> str:
        return self.session.sign(handle, MechanismType.ECDSA, bytes(32)).hex()

    def find(self, label: str | None = None) -> list[int]:
        return self.session.find({} if label is None else {Attribute.LABEL: label})

    def label(self, handle: int, label: str | None = None) -> object:
        if label is not None:
            self.session.set_attributes(handle, {Attribute.LABEL: label})
        return self.session.attributes(handle)[Attribute.LABEL]

    def destroy(self, handle: int) -> None:
        self.session.destroy(handle)

    def change_password(self, name: str, password: str) -> None:
        self.session.change_password(Role.CRYPTO_USER, name, password.encode())

    def configure(self, changes: dict[str, bool]) -> None:
        self.hsm.configure(**changes)

    def settings(self) -> list[object]:
        return list(dataclasses.asdict(self.hsm.settings).values())[:3]

    def die(self, when: str) -> None:
        """Have this process killed at a moment of its next transaction."""
        if when == "between announcement and commit":
            announce = Announced.set

            def kill(announced: Announced, generation: int) -> None:
                announce(announced, generation)
                os.kill(os.getpid(), signal.SIGKILL)

            Announced.set = kill  # type: ignore[method-assign, assignment]
        elif when == "between commit and return":
            storage = self.hsm._storage
            begin = storage.transaction

            @contextmanager
            def transaction() -> Iterator[Transaction]:
                with begin() as inner:
                    yield inner
                os.kill(os.getpid(), signal.SIGKILL)

            storage.transaction = transaction  # type: ignore[method-assign]
        else:
            raise ValueError(when)

    def create_many(self, prefix: str, count: int) -> list[int]:
        return [self.aes(f"{prefix}{number}") for number in range(count)]

    def together(self, *commands: list[Any]) -> list[object]:
        """Run commands in as many threads of this process."""
        results: list[object] = [None] * len(commands)

        def work(index: int, command: list[Any]) -> None:
            results[index] = answer(self, command)

        threads = [threading.Thread(target=work, args=(n, command)) for n, command in enumerate(commands)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return results

    def forked(self, in_child: list[Any], in_parent: list[Any]) -> list[object]:
        """Run one command in a fork of this process, and after it another one here."""
        reader, writer = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.write(writer, json.dumps(answer(self, in_child)).encode())
            os._exit(0)
        os.close(writer)
        with os.fdopen(reader, "rb") as pipe:
            there = json.loads(pipe.read() or b"null")
        os.waitpid(pid, 0)
        return [there, answer(self, in_parent)]

    def churn(self, seed: int) -> None:
        rng = random.Random(seed)
        mine: list[int] = []
        for number in range(10**9):
            if mine and rng.random() < 0.4:
                handle = mine.pop(rng.randrange(len(mine)))
                say(["destroying", handle])
                self.destroy(handle)
                say(["destroyed", handle])
            else:
                say(["making", f"{seed}-{number}"])
                pair = self.pair(f"{seed}-{number}")
                say(["made", f"{seed}-{number}", *pair])
                mine += pair


def answer(child: Child, command: list[Any]) -> dict[str, object]:
    method: Callable[..., object] = getattr(child, command[0])
    try:
        return {"ok": method(*command[1:])}
    except HsmError as error:
        return {"error": error.code.name, "message": error.message}
    except Exception as error:
        return {"error": type(error).__name__, "message": str(error)}


def main(home: str, *_: str) -> None:
    hsm = open_home(Path(home))
    child = Child(hsm, hsm.open_session())
    say("ready")
    for line in sys.stdin:
        say(answer(child, json.loads(line)))
    hsm.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
