"""The HSMs that one process serves: the default one, and those that programs name by a cluster's identifier."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from pathlib import Path

from bridge.engine import Hsm, HsmError, ReturnCode
from bridge.store import HomePresence, Passphrase, default_home, open_home, passphrase_from_environment

VARIABLE = "HSMBRIDGE_CLUSTERS"


def clusters_from_environment() -> dict[str, Path] | None:
    """Return the homes by identifier that ``$HSMBRIDGE_CLUSTERS`` names, or None if it is not set.

    It holds pairs ``identifier=home``, separated as the PATH is (``:``, on Windows ``;``).

    Raises:
        HsmError: ``ARGUMENTS_BAD`` if a pair has no identifier or no home, or an identifier comes twice.
    """
    text = os.environ.get(VARIABLE, "")
    if not text:
        return None
    homes: dict[str, Path] = {}
    for pair in filter(None, text.split(os.pathsep)):
        identifier, _, home = pair.partition("=")
        if not identifier or not home or identifier in homes:
            raise HsmError(
                ReturnCode.ARGUMENTS_BAD,
                f"{VARIABLE}: {pair!r} is no pair of an identifier and a home, or names an identifier again. "
                f"Write identifier=home, several separated by {os.pathsep!r}.",
            )
        homes[identifier] = Path(home)
    return homes


def home_of(identifier: str | None) -> Path:
    """Return the home of a cluster.

    Args:
        identifier: as ``$HSMBRIDGE_CLUSTERS`` names it; every one is the default home if that is not set. None for
            the default home.

    Raises:
        HsmError: ``TOKEN_NOT_PRESENT`` if no home belongs to the identifier, and as :func:`clusters_from_environment`.
    """
    return _named(identifier, clusters_from_environment(), default_home())


def _named(identifier: str | None, homes: Mapping[str, Path] | None, default: Path) -> Path:
    if identifier is None or homes is None:
        return default
    if identifier not in homes:
        raise HsmError(
            ReturnCode.TOKEN_NOT_PRESENT,
            f"There is no cluster {identifier!r}; the known ones are {', '.join(sorted(homes)) or 'none'}. "
            f"Name its home in {VARIABLE}, as in {VARIABLE}={identifier}=/path/to/home.",
        )
    return homes[identifier]


class Clusters:
    """Finds the HSM of an identifier; each home is opened once, when it is first asked for."""

    def __init__(
        self,
        hsm: Hsm,
        home: Path,
        homes: Mapping[str, Path | str] | None = None,
        passphrase: Passphrase = passphrase_from_environment,
    ) -> None:
        """Take the default HSM, open, with its home, and the homes of the others.

        Args:
            hsm: the default HSM.
            home: its folder.
            homes: folders by identifier; None if every identifier means the default HSM.
            passphrase: asked for homes that are protected by one.
        """
        self._default = home
        self._homes = None if homes is None else {name: Path(folder).absolute() for name, folder in homes.items()}
        self._open = {home.resolve(): hsm}
        self._locks = {folder.resolve(): threading.Lock() for folder in (home, *(self._homes or {}).values())}
        self._passphrase = passphrase
        self._presences: dict[Path, HomePresence] = {}

    def find(self, identifier: str | None) -> tuple[Hsm, Path]:
        """Return an HSM and its home.

        Args:
            identifier: a cluster's; None for the default HSM.

        Raises:
            HsmError: ``TOKEN_NOT_PRESENT`` if no home belongs to the identifier; as :func:`bridge.store.open_home`.
        """
        home = self._home(identifier)
        folder = home.resolve()
        hsm = self._open.get(folder)
        if hsm is None:
            # One that takes long to open keeps nobody from the others.
            with self._locks[folder]:
                hsm = self._open.get(folder)
                if hsm is None:
                    hsm = self._open[folder] = open_home(home, self._passphrase)
        return hsm, home

    def presence(self, identifier: str | None) -> HomePresence:
        """Return who is logged in to an HSM, for a process that keeps sessions of it without opening it.

        Args:
            identifier: as for :meth:`find`.

        Raises:
            HsmError: ``TOKEN_NOT_PRESENT`` if no home belongs to the identifier.
        """
        folder = self._home(identifier).resolve()
        if folder not in self._presences:
            self._presences[folder] = HomePresence(folder)
        return self._presences[folder]

    def forget_logins(self) -> None:
        """Let go, in a fork, of the logins that :meth:`presence` noted; they stay with the parent."""
        for presence in self._presences.values():
            presence.close()

    def _home(self, identifier: str | None) -> Path:
        return _named(identifier, self._homes, self._default)
