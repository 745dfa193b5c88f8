"""Keys of a remote session, and what is done with them; every method is that of :class:`bridge.engine.Session`."""

from __future__ import annotations

from collections.abc import Iterable

from bridge.engine.attributes import Attributes, parse
from bridge.engine.errors import HsmError
from bridge.engine.keyring import KeyInfo
from bridge.engine.mechanisms.blocks import Data
from bridge.engine.parameters import Parameter, encode
from bridge.engine.quorum import NO_QUORUM, Approval, KeyQuorum
from bridge.server.records import named, packed
from bridge.server.remote.calls import Calls, approvals


class Keys(Calls):
    """What a session does with keys."""

    def check_generation(self, mechanism_number: int, template: Attributes) -> None:
        """See :meth:`bridge.engine.Session.check_generation`."""
        self._do("checkGeneration", mechanism_number, _map(template))

    def generate_key(
        self,
        mechanism_number: int,
        template: Attributes,
        shared_with: Iterable[str] = (),
        quorum: KeyQuorum = NO_QUORUM,
    ) -> int:
        """See :meth:`bridge.engine.Session.generate_key`."""
        return self._ask(int, "generateKey", mechanism_number, _map(template), *_allowed(shared_with, quorum))

    def generate_key_pair(
        self,
        mechanism_number: int,
        public: Attributes,
        private: Attributes,
        shared_with: Iterable[str] = (),
        quorum: KeyQuorum = NO_QUORUM,
    ) -> tuple[int, int]:
        """See :meth:`bridge.engine.Session.generate_key_pair`."""
        halves = _map(public), _map(private)
        made = self._list(int, "generateKeyPair", mechanism_number, *halves, *_allowed(shared_with, quorum))
        if len(made) != len(halves):
            self._strange("generateKeyPair")
        return made[0], made[1]

    def import_key(self, template: Attributes) -> int:
        """See :meth:`bridge.engine.Session.import_key`."""
        return self._ask(int, "importKey", _map(template))

    def import_for_use(self, template: Attributes) -> int:
        """See :meth:`bridge.engine.Session.import_for_use`."""
        return self._ask(int, "importForUse", _map(template))

    def import_keys(self, templates: Iterable[Attributes]) -> list[int]:
        """See :meth:`bridge.engine.Session.import_keys`; takes 256 keys at most."""
        return self._list(int, "importKeys", [_map(template) for template in templates])

    def find(self, template: Attributes) -> list[int]:
        """See :meth:`bridge.engine.Session.find`."""
        return self._list(int, "find", _map(template))

    def attributes(self, handle: int) -> Attributes:
        """See :meth:`bridge.engine.Session.attributes`."""
        answer = self._map("attributes", handle)
        try:
            return parse(answer)
        except HsmError:
            self._strange("attributes")

    def info(self, handle: int) -> KeyInfo:
        """See :meth:`bridge.engine.Session.info`."""
        return self._ask(KeyInfo, "keyInfo", handle)

    def set_attributes(self, handle: int, template: Attributes, approval: Approval | None = None) -> None:
        """See :meth:`bridge.engine.Session.set_attributes`."""
        self._do("setAttributes", handle, _map(template), *approvals(approval))

    def destroy(self, handle: int) -> None:
        """See :meth:`bridge.engine.Session.destroy`."""
        self._do("destroy", handle)

    def share(self, handle: int, name: str, approval: Approval | None = None) -> None:
        """See :meth:`bridge.engine.Session.share`."""
        self._do("share", handle, name, packed(approval))

    def unshare(self, handle: int, name: str, approval: Approval | None = None) -> None:
        """See :meth:`bridge.engine.Session.unshare`."""
        self._do("unshare", handle, name, packed(approval))

    def export(self, handle: int) -> bytes:
        """See :meth:`bridge.engine.Session.export`."""
        return self._ask(bytes, "export", handle)

    def random(self, count: int) -> bytes:
        """See :meth:`bridge.engine.Session.random`."""
        return self._ask(bytes, "random", count)

    def sign(
        self,
        handle: int,
        number: int,
        data: bytes,
        parameter: Parameter | None = None,
        approval: Approval | None = None,
    ) -> bytes:
        """See :meth:`bridge.engine.Session.sign`."""
        return self._ask(bytes, "sign", handle, number, _encoded(parameter), data, *approvals(approval))

    def verify(
        self, handle: int, number: int, data: bytes, signature: bytes, parameter: Parameter | None = None
    ) -> None:
        """See :meth:`bridge.engine.Session.verify`."""
        self._do("verify", handle, number, _encoded(parameter), data, signature)

    def encrypt(self, handle: int, number: int, data: Data, parameter: Parameter | None = None) -> Data:
        """See :meth:`bridge.engine.Session.encrypt`."""
        return _returned(data, self._ask(bytes, "encrypt", handle, number, _encoded(parameter), bytes(data)))

    def decrypt(self, handle: int, number: int, data: Data, parameter: Parameter | None = None) -> Data:
        """See :meth:`bridge.engine.Session.decrypt`."""
        return _returned(data, self._ask(bytes, "decrypt", handle, number, _encoded(parameter), bytes(data)))

    def wrap(
        self,
        wrapping: int,
        number: int,
        handle: int,
        parameter: Parameter | None = None,
        approval: Approval | None = None,
        wrapping_approval: Approval | None = None,
    ) -> bytes:
        """See :meth:`bridge.engine.Session.wrap`."""
        given = approvals(approval, wrapping_approval)
        return self._ask(bytes, "wrap", wrapping, number, _encoded(parameter), handle, *given)

    def unwrap(
        self,
        handle: int,
        number: int,
        wrapped: bytes,
        given: Attributes,
        parameter: Parameter | None = None,
        approval: Approval | None = None,
    ) -> int:
        """See :meth:`bridge.engine.Session.unwrap`."""
        template = _map(given)
        return self._ask(int, "unwrap", handle, number, _encoded(parameter), wrapped, template, *approvals(approval))

    def derive(self, handle: int, number: int, given: Attributes, parameter: Parameter | None = None) -> int:
        """See :meth:`bridge.engine.Session.derive`."""
        return self._ask(int, "derive", handle, number, _encoded(parameter), _map(given))


def _map(template: Attributes) -> dict[str, object]:
    return named(template.items())


def _encoded(parameter: Parameter | None) -> bytes | None:
    return None if parameter is None else encode(parameter)


def _allowed(shared_with: Iterable[str], quorum: KeyQuorum) -> tuple[object, ...]:
    """Return the arguments for those who may use a new key; none if it is nobody else, and nobody approves."""
    users = list(shared_with)
    return (users, packed(quorum)) if users or quorum != NO_QUORUM else ()


def _returned(data: Data, result: bytes) -> Data:
    """Return a result, in the memory that the data were in if it was one."""
    if isinstance(data, bytes):
        return result
    data[:] = result
    return data
