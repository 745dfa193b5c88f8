"""Keys and users of every kind, for properties of what encodes them."""

from __future__ import annotations

from hypothesis import strategies as st

from bridge.engine import Attribute, KeyType, ObjectClass, Role, User
from bridge.engine.attributes import RULES, SECRET_VALUES, Value
from bridge.engine.objects import HsmObject
from bridge.engine.quorum import KeyQuorum
from bridge.engine.users import PasswordHash

TEXT = st.text(st.characters(codec="utf-8"), max_size=127)
OF_KIND: dict[type, st.SearchStrategy[Value]] = {
    bool: st.booleans(),
    int: st.integers(0, 2**64 - 1),
    str: TEXT,
    bytes: st.binary(max_size=600),
}
SIMPLE = {name: OF_KIND[rule.kind] for name, rule in RULES.items() if rule.kind is not tuple}
TEMPLATES = st.fixed_dictionaries({}, optional=SIMPLE).map(lambda template: tuple(sorted(template.items())))
OF_KIND[tuple] = TEMPLATES
ATTRIBUTES = st.fixed_dictionaries(
    {
        Attribute.CLASS: st.sampled_from(ObjectClass),
        Attribute.KEY_TYPE: st.sampled_from(KeyType),
        Attribute.LABEL: TEXT,
    },
    optional={
        name: OF_KIND[rule.kind]
        for name, rule in RULES.items()
        if name not in SECRET_VALUES | {Attribute.CLASS, Attribute.KEY_TYPE, Attribute.LABEL}
    },
)
OBJECTS = st.builds(
    HsmObject,
    handle=st.integers(0, 2**63 - 1),
    owner=TEXT,
    attributes=ATTRIBUTES,
    material=st.binary(),
    shared_with=st.frozensets(TEXT),
    quorum=st.builds(KeyQuorum, st.integers(0, 8), st.integers(0, 8)),
)
HASHES = st.builds(
    PasswordHash,
    salt=st.binary(min_size=16, max_size=16),
    memory_kib=st.integers(8, 2**31),
    iterations=st.integers(1, 100),
    digest=st.binary(min_size=32, max_size=32),
)
USERS = st.builds(
    User,
    role=st.sampled_from(Role),
    name=TEXT,
    password=HASHES,
    failures=st.integers(0, 5),
    number=st.integers(0, 2**32 - 1),
    approver_key=st.none() | st.binary(),
    mfa=st.booleans(),
)
