"""Keys as the HSM holds them."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple

from bridge.engine.attributes import SECRET_VALUES, Attribute, Attributes, KeyType, ObjectClass, number
from bridge.engine.lazy import lazy
from bridge.engine.material import Key, load
from bridge.engine.quorum import NO_QUORUM, KeyQuorum


@dataclass(frozen=True)
class HsmObject:
    """One key: who owns it, what its attributes are, and its value.

    Instances never change; a changed key is a new instance.

    Attributes:
        handle: unique in its HSM, never used again after the key is destroyed.
        owner: the name of the crypto user that made it.
        shared_with: names of the crypto users that may use it.
        attributes: all attributes but the secret values.
        material: PKCS#8 DER of a private key, SubjectPublicKeyInfo DER of a public one, the bytes of a secret key.
        quorum: how many approvals it needs.
    """

    handle: int
    owner: str
    attributes: Attributes
    material: bytes = field(repr=False)
    shared_with: frozenset[str] = frozenset()
    quorum: KeyQuorum = NO_QUORUM

    def __post_init__(self) -> None:
        if SECRET_VALUES & self.attributes.keys():
            raise AssertionError("secret values belong into material")
        object.__setattr__(self, "attributes", MappingProxyType(dict(self.attributes)))

    @lazy
    def key(self) -> Key:
        """The parsed key; its value was checked when it was made or imported, and its seal when it was read."""
        return load(self.object_class, self.material)

    @lazy
    def allowed(self) -> frozenset[Attribute]:
        """The attributes that are true, for quick checks of what the key may do."""
        return frozenset(name for name, value in self.attributes.items() if value is True)

    @lazy
    def object_class(self) -> ObjectClass:
        """Public, private or secret key."""
        return ObjectClass(number(self.attributes, Attribute.CLASS))

    @lazy
    def key_type(self) -> KeyType:
        """The algorithm family that the key belongs to."""
        return KeyType(number(self.attributes, Attribute.KEY_TYPE))

    @property
    def label(self) -> str:
        """The key's label, which may be empty."""
        return str(self.attributes[Attribute.LABEL])

    def __str__(self) -> str:
        """Name the key as messages do."""
        return describe(self.handle, self.label)


class KeyCount(NamedTuple):
    """How many persistent keys an HSM holds.

    Attributes:
        all: every one; each half of a pair is one.
        asymmetric: halves of pairs.
    """

    all: int
    asymmetric: int


def describe(handle: int, label: str) -> str:
    """Name a key in a message: its label, if it has one, and its reference as the CloudHSM CLI prints it."""
    reference = f"0x{handle:016x}"
    return f"key {label!r} ({reference})" if label else f"key {reference}"
