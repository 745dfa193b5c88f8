"""What cloudhsm-cli answers, field by field, as the user guide prints it ("cloudhsm_cli-reference")."""

from __future__ import annotations

import re
from typing import Any

from cli.dialogue import Dialogue

REFERENCE = re.compile("0x[0-9a-f]{16}")
CHECK_VALUE = re.compile("0x[0-9a-f]{6}")
IV = re.compile("0x[0-9a-f]{24}")
BASE64 = re.compile("(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")
TIMEOUT = range(1, 601)
TOKEN_SIGN = {"strategy": "token-sign", "status": "enabled"}

Attributes = dict[str, object]

AES: Attributes = {
    "key-type": "aes",
    "label": "…",
    "id": "0x",
    "check-value": CHECK_VALUE,
    "class": "secret-key",
    "encrypt": False,
    "decrypt": False,
    "token": True,
    "always-sensitive": True,
    "derive": False,
    "destroyable": True,
    "extractable": True,
    "local": True,
    "modifiable": True,
    "never-extractable": False,
    "private": True,
    "sensitive": True,
    "sign": True,
    "trusted": False,
    "unwrap": False,
    "verify": True,
    "wrap": False,
    "wrap-with-trusted": False,
    "key-length-bytes": 32,
}
"""The attributes of an AES key as ``key list --verbose`` has them; the others differ from it in what follows."""

GENERIC_SECRET: Attributes = AES | {"key-type": "generic-secret", "check-value": "0x"}

_PRIVATE: Attributes = {"class": "private-key", "sign": False, "verify": False}
_PUBLIC: Attributes = {**_PRIVATE, "class": "public-key", "always-sensitive": False, "sensitive": False}
_RSA: Attributes = {
    "public-exponent": "0x010001",
    "modulus": re.compile("0x[89a-f][0-9a-f]{511}"),
    "modulus-size-bits": 2048,
}
_P256: Attributes = {"ec-point": re.compile("0x044104[0-9a-f]{128}"), "curve": "secp256r1"}

RSA_PUBLIC: Attributes = AES | _PUBLIC | {"key-type": "rsa", "key-length-bytes": 256} | _RSA
RSA_PRIVATE: Attributes = AES | _PRIVATE | {"key-type": "rsa", "key-length-bytes": range(1210, 1220)} | _RSA
EC_PUBLIC: Attributes = AES | _PUBLIC | {"key-type": "ec", "key-length-bytes": 65} | _P256
EC_PRIVATE: Attributes = AES | _PRIVATE | {"key-type": "ec", "key-length-bytes": 138} | _P256


def key(
    attributes: Attributes,
    label: str,
    changed: Attributes | None = None,
    *,
    owner: str = "alice",
    shared: tuple[str, ...] = (),
    quorum: int = 0,
) -> dict[str, object]:
    """Return a whole key.

    Args:
        attributes: of its kind.
        label: of the key.
        changed: attributes that are not the defaults.
        owner: of the key.
        shared: with whom.
        quorum: both of its values.
    """
    changed = changed or {}
    assert changed.keys() <= attributes.keys()
    return {
        "key-reference": REFERENCE,
        "key-info": {
            "key-owners": [{"username": owner, "key-coverage": "full"}],
            "shared-users": [{"username": name, "key-coverage": "full"} for name in shared],
            "key-quorum-values": {"manage-key-quorum-value": quorum, "use-key-quorum-value": quorum},
            "cluster-coverage": "full",
        },
        "attributes": attributes | {"label": label} | changed,
    }


def brief(label: str) -> dict[str, object]:
    """Return a key as ``key list`` has it without ``--verbose``."""
    return {"key-reference": REFERENCE, "attributes": {"label": label}}


def user(name: str, role: str = "crypto-user", *, mfa: bool = False, quorum: bool = False) -> dict[str, object]:
    """Return a user as ``user list`` has them."""
    return {
        "username": name,
        "role": role,
        "locked": "false",
        "mfa": [TOKEN_SIGN] if mfa else [],
        "quorum": [TOKEN_SIGN] if quorum else [],
        "cluster-coverage": "full",
    }


APP_USER = user("app_user", "internal(APPLIANCE_USER)")


def compare(actual: object, expected: object, where: str = "the answer") -> None:
    """Compare an answer with a shape: the same fields in the same order, none more and none less.

    Args:
        actual: of the answer.
        expected: a value to be equal to, of the same type; a pattern for a text; a range for a number.
        where: for the failure.
    """
    if isinstance(expected, dict):
        assert isinstance(actual, dict), where
        assert list(actual) == list(expected), where
        for name, value in expected.items():
            compare(actual[name], value, f"{where}, {name}")
    elif isinstance(expected, list):
        assert isinstance(actual, list), where
        assert len(actual) == len(expected), f"{where}: {actual}"
        for number, value in enumerate(expected):
            compare(actual[number], value, f"{where}, {number}")
    elif isinstance(expected, re.Pattern):
        assert isinstance(actual, str), where
        assert expected.fullmatch(actual), f"{where}: {actual!r} is not {expected.pattern}"
    elif isinstance(expected, range):
        assert type(actual) is int, where
        assert actual in expected, f"{where}: {actual} is not in {expected}"
    else:
        assert (type(actual), actual) == (type(expected), expected), where


class Tutorial:
    """A session whose every answer is compared with a shape."""

    def __init__(self, cli: Dialogue) -> None:
        self._cli = cli

    def does(self, command: str, expected: object) -> Any:
        """Enter a command that succeeds with this data, and return them."""
        return self._said(command, {"error_code": 0, "data": expected})

    def refuses(self, command: str, text: str) -> None:
        """Enter a command that is refused with a message that begins with a text."""
        self._said(command, {"error_code": 1, "data": re.compile(re.escape(text) + ".*")})

    def log_in(self, name: str, role: str, password: str) -> None:
        """Log in."""
        self.does(f"login --username {name} --role {role} --password {password}", {"username": name, "role": role})

    def log_out(self) -> None:
        """Log out."""
        self.does("logout", "Logout successful")

    def _said(self, command: str, expected: dict[str, object]) -> Any:
        self._cli.send(command)
        envelope = self._cli.answer()
        compare(envelope, expected, command)
        return envelope["data"]
