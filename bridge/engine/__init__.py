"""One HSM: objects, attributes, policy, users, sessions, mechanisms.

Knows no disk, no JVM and no socket; storage and clock are handed in.
"""

from bridge.engine.attributes import Attribute, KeyType, ObjectClass
from bridge.engine.errors import HsmError, ReturnCode
from bridge.engine.hsm import Hsm
from bridge.engine.mechanisms import MechanismType
from bridge.engine.session import KeyInfo, Session, SessionRules
from bridge.engine.users import Role, User

__all__ = [
    "Attribute",
    "Hsm",
    "HsmError",
    "KeyInfo",
    "KeyType",
    "MechanismType",
    "ObjectClass",
    "ReturnCode",
    "Role",
    "Session",
    "SessionRules",
    "User",
]
