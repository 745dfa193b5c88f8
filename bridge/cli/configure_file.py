"""The file ``cloudhsm-jce.cfg``: how a Java program that Python does not host reaches its HSMs.

It has the keys of the original's, which ``configure-jce`` writes; what this module does not know stays as it is.
``io.hsmbridge.locate`` in Java reads it.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bridge.engine.errors import HsmError, ReturnCode
from bridge.store import default_home
from bridge.store.files import sync_folder, write_new
from bridge.store.home import CONFIG_FILE

VARIABLE = "HSMBRIDGE_CONFIG"

Entry = dict[str, Any]


def chosen_path(given: Path | None = None) -> Path:
    """Return the path of the file: the given one, that of ``$HSMBRIDGE_CONFIG``, or the one in the home."""
    named = given or os.environ.get(VARIABLE)
    return Path(named).absolute() if named else default_home().absolute() / CONFIG_FILE


class ConfigFile:
    """The content of a configuration file, which :meth:`write` puts in its place as a whole."""

    def __init__(self, path: Path, content: Entry | None) -> None:
        """Take the content; None if there is no file."""
        self.path = path
        self.exists = content is not None
        self._content: Entry = content or {}

    @classmethod
    def read(cls, path: Path) -> ConfigFile:
        """Read a file, which need not be there.

        Raises:
            HsmError: ``FUNCTION_FAILED`` if it cannot be read, or does not have the shape of such a file.
        """
        try:
            content = json.loads(path.read_bytes())
        except FileNotFoundError:
            return cls(path, None)
        except OSError as error:
            raise _refused(path, f"cannot be read ({error.strerror})") from None
        except json.JSONDecodeError as error:
            raise _refused(path, f"is not JSON (line {error.lineno}: {error.msg})") from None
        except (UnicodeDecodeError, RecursionError):
            raise _refused(path, "is not JSON in UTF-8") from None
        _require_shape(path, content)
        return cls(path, content)

    @property
    def content(self) -> Entry | None:
        """What the file holds, or None if there is none."""
        return self._content if self.exists else None

    def cluster(self, identifier: str | None) -> Entry:
        """Return the entry of a cluster, to be changed; it is made if the file has none yet.

        Args:
            identifier: of the cluster; None for the first one. A first one without identifier gets this one.

        Raises:
            HsmError: ``ARGUMENTS_BAD`` if the file has other clusters only.
        """
        if (found := self.find(identifier)) is not None:
            return found
        unnamed = next((entry for entry in self._entries() if "cluster_id" not in entry), None)
        if unnamed is not None and identifier is not None:
            unnamed["cluster_id"] = identifier
            return unnamed
        if self._entries():
            raise HsmError(
                ReturnCode.ARGUMENTS_BAD,
                f"{self.path} has no cluster {identifier}, but {self._names()}. Add one with "
                f"`hsmbridge configure add-cluster --cluster-id {identifier}`, or take the others out with "
                "`hsmbridge configure remove-cluster`.",
            )
        return self._append(identifier)

    def find(self, identifier: str | None) -> Entry | None:
        """Return the entry of a cluster, for None the first one; None if there is no such cluster."""
        entries = self._entries()
        return next((entry for entry in entries if identifier is None or entry.get("cluster_id") == identifier), None)

    def add_cluster(self, identifier: str) -> Entry:
        """Add a cluster and return its entry.

        Raises:
            HsmError: ``ACTION_PROHIBITED`` if the file has it already.
        """
        if self.find(identifier) is not None:
            raise HsmError(
                ReturnCode.ACTION_PROHIBITED,
                f"{self.path} has the cluster {identifier} already. Change it with "
                f"`hsmbridge configure --cluster-id {identifier} -a ADDRESS`.",
            )
        return self._append(identifier)

    def remove_cluster(self, identifier: str) -> None:
        """Take a cluster out.

        Raises:
            HsmError: ``ARGUMENTS_BAD`` if the file does not have it.
        """
        if self.find(identifier) is None:
            known = self._names() if self._entries() else "none"
            raise HsmError(ReturnCode.ARGUMENTS_BAD, f"{self.path} has no cluster {identifier}, but {known}.")
        clusters = self._content["clusters"]
        clusters[:] = [entry for entry in clusters if entry["cluster"].get("cluster_id") != identifier]

    def change_logging(self, changes: Mapping[str, str]) -> None:
        """Set keys of the logging."""
        self._content.setdefault("logging", {}).update(changes)

    def write(self) -> None:
        """Put the content in the place of the file, readable by its owner only.

        Raises:
            HsmError: ``FUNCTION_FAILED`` if it cannot be written.
        """
        path = self.path.resolve()
        draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            try:
                write_new(draft, json.dumps(self._content, indent=2, ensure_ascii=False).encode() + b"\n")
                draft.replace(path)
            finally:
                draft.unlink(missing_ok=True)
            sync_folder(path.parent)
        except OSError as error:
            raise _refused(self.path, f"cannot be written ({error.strerror})") from None
        self.exists = True

    def _entries(self) -> list[Entry]:
        return [entry["cluster"] for entry in self._content.get("clusters", [])]

    def _append(self, identifier: str | None) -> Entry:
        entry: Entry = {} if identifier is None else {"cluster_id": identifier}
        # The original writes this type, whatever the type of the HSMs.
        self._content.setdefault("clusters", []).append({"type": "hsm1", "cluster": entry})
        return entry

    def _names(self) -> str:
        return ", ".join(str(entry.get("cluster_id", "one without identifier")) for entry in self._entries())


def _require_shape(path: Path, content: object) -> None:
    if not isinstance(content, dict):
        raise _refused(path, "holds no object { … }")
    clusters = content.get("clusters", [])
    if not isinstance(clusters, list) or not isinstance(content.get("logging", {}), dict):
        raise _refused(path, 'has "clusters" that are no list, or "logging" that is no object')
    for entry in clusters:
        cluster = entry.get("cluster") if isinstance(entry, dict) else None
        if not isinstance(cluster, dict) or not isinstance(cluster.get("options", {}), dict):
            raise _refused(path, 'has an element of "clusters" without an object "cluster", or with odd "options"')


def _refused(path: Path, why: str) -> HsmError:
    return HsmError(
        ReturnCode.FUNCTION_FAILED,
        f"The configuration file {path} {why}. Mend it, remove it, or name another with --config or {VARIABLE}.",
    )
