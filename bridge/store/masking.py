"""Masked objects: whole keys and users, encrypted for the copies of the home that they come from.

A masked object is a header (4 bytes that mark it, version, kind, 16 bytes of the lineage), a nonce (12 bytes), and the
ciphertext with its tag (16 bytes): AES-256-GCM under the masking key, with the header as associated data. The format is
this HSM's own, as the original's is not published.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Mapping

from bridge.engine.errors import HsmError, ReturnCode
from bridge.engine.objects import HsmObject
from bridge.engine.users import User
from bridge.store.codec import decode_object, decode_user, encode_object, encode_user
from bridge.store.seal import SealBroken, Sealer

_HEADER = struct.Struct(">4sBB16s")
_MARK, _VERSION = b"HSMM", 1
_KEY, _USER = 1, 2
# The number of a key, or 0, and the length of the readable part, before that part and the secret one.
_CONTENT = struct.Struct(">QI")


class LineageMasker:
    """Implements :class:`bridge.engine.storage.Masker` with the masking key of a home."""

    def __init__(self, sealer: Sealer) -> None:
        """Take the home's seal, which has the key."""
        self._sealer = sealer

    @property
    def lineage(self) -> bytes:
        """See :attr:`bridge.engine.storage.Masker.lineage`."""
        return self._sealer.lineage

    def mask(self, what: HsmObject | User) -> bytes:
        """See :meth:`bridge.engine.storage.Masker.mask`."""
        if isinstance(what, HsmObject):
            kind, content = _KEY, _content(what.handle, encode_object(what), what.material)
        else:
            readable = json.dumps([what.role.value, what.name]).encode()
            kind, content = _USER, _content(0, readable, encode_user(what))
        header = _HEADER.pack(_MARK, _VERSION, kind, self.lineage)
        return header + self._sealer.mask(header, content)

    def unmask(self, blob: bytes) -> HsmObject | User:
        """See :meth:`bridge.engine.storage.Masker.unmask`."""
        header, masked = blob[: _HEADER.size], blob[_HEADER.size :]
        if len(header) < _HEADER.size:
            raise _unreadable()
        mark, version, kind, lineage = _HEADER.unpack(header)
        if (mark, version) != (_MARK, _VERSION):
            raise _unreadable()
        if lineage != self.lineage:
            raise HsmError(
                ReturnCode.ACTION_PROHIBITED,
                "This masked object comes from an HSM that is no clone of this one: one must be made from a backup of "
                "the other, or both from one backup.",
            )
        try:
            content = self._sealer.unmask(header, masked)
            number, length = _CONTENT.unpack_from(content)
            start = _CONTENT.size
            return _DECODERS[kind](number, content[start : start + length], content[start + length :])
        except (SealBroken, struct.error, KeyError, TypeError, ValueError):
            # A newer hsmbridge may have masked attributes or roles that this one does not know.
            raise _unreadable() from None


def _content(number: int, readable: bytes, secret: bytes) -> bytes:
    return _CONTENT.pack(number, len(readable)) + readable + secret


def _decode_user(_number: int, readable: bytes, record: bytes) -> User:
    role, name = json.loads(readable)
    return decode_user(role, name, record)


_DECODERS: Mapping[int, Callable[[int, bytes, bytes], HsmObject | User]] = {_KEY: decode_object, _USER: _decode_user}


def _unreadable() -> HsmError:
    return HsmError(
        ReturnCode.ENCRYPTED_DATA_INVALID,
        "This is no masked object that this HSM can open: it was changed or cut, or a newer hsmbridge made it. "
        "Extract it again, with the same version on both sides.",
    )
