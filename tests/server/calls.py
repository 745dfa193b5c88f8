"""One right call of every method of the protocol, and what its arguments are."""

from __future__ import annotations

import struct
from collections.abc import Mapping

from engine.keys import P256

from bridge.engine import KeyType, MechanismType, ObjectClass
from server.peer import Peer

M = MechanismType

SIGNATURES: Mapping[str, tuple[str, ...]] = {
    "info": (),
    "login": ("string", "bytes"),
    "logout": (),
    "close": (),
    "generateKey": ("integer", "template"),
    "generateKeyPair": ("integer", "template", "template"),
    "checkGeneration": ("integer", "template"),
    "importKey": ("template",),
    "importForUse": ("template",),
    "find": ("template",),
    "attributes": ("integer",),
    "setAttributes": ("integer", "template"),
    "destroy": ("integer",),
    "export": ("integer",),
    "random": ("integer",),
    "sign": ("integer", "integer", "parameter", "bytes"),
    "generateToken": ("string", "key"),
    "tokenInfo": ("string", "key"),
    "signApproved": ("integer", "integer", "parameter", "bytes", "bytes", "signatures"),
    "verify": ("integer", "integer", "parameter", "bytes", "bytes"),
    "encrypt": ("integer", "integer", "parameter", "bytes"),
    "decrypt": ("integer", "integer", "parameter", "bytes"),
    "wrap": ("integer", "integer", "parameter", "integer"),
    "unwrap": ("integer", "integer", "parameter", "bytes", "template"),
    "derive": ("integer", "integer", "parameter", "template"),
}
"""The types of the arguments of each method of the Java interface, written down a second time on purpose."""

MANAGEMENT: Mapping[str, tuple[str, ...]] = {
    "importKeys": ("array",),
    "keyInfo": ("integer",),
    "share": ("integer", "string", "approval"),
    "unshare": ("integer", "string", "approval"),
    "loginAs": ("string", "string", "bytes", "parameter"),
    "mfaToken": (),
    "activate": ("bytes",),
    "users": (),
    "createUser": ("string", "string", "bytes", "approval"),
    "deleteUser": ("string", "string", "approval"),
    "changePassword": ("string", "string", "bytes", "approval"),
    "changeMfa": ("string", "string", "bytes", "bytes", "bytes", "approval"),
    "deregisterMfa": ("string", "string", "approval"),
    "registerApproverKey": ("bytes", "bytes", "bytes"),
    "quorumValues": (),
    "setQuorumValue": ("string", "integer", "approval"),
    "tokens": (),
    "deleteTokens": ("boolean",),
    "timeouts": (),
    "setTimeouts": ("integer or nil", "integer or nil"),
    "hsmInfo": (),
    "settings": (),
    "configure": ("template",),
    "trustAnchors": (),
    "registerTrustAnchor": ("bytes", "approval"),
    "deregisterTrustAnchor": ("integer", "approval"),
    "mtlsEnforcement": (),
    "setMtlsEnforcement": ("string", "approval"),
    "lineage": (),
    "extractMasked": ("integer",),
    "insertMasked": ("bytes",),
    "extractMaskedUser": ("string", "string"),
    "insertMaskedUser": ("bytes", "approval"),
}
"""The same of the methods that Java has no use for."""

ALL: Mapping[str, tuple[str, ...]] = {**SIGNATURES, **MANAGEMENT}

APPROVAL: Mapping[str, object] = {
    "approval_data": bytes(80),
    "signatures": [{"username": "alice", "role": "crypto-user", "signature": bytes(256)}],
}

FREE = frozenset({"info", "login", "close", "loginAs", "mfaToken"})
"""The methods that need no login, as without them there is none."""

PUBLIC = frozenset(
    {"users", "quorumValues", "timeouts", "hsmInfo", "settings", "trustAnchors", "mtlsEnforcement", "activate"}
    | {"lineage"}
)
"""Those that the original's command line has before login too."""

BY_ADMIN = frozenset(
    {"createUser", "deleteUser", "setQuorumValue", "setTimeouts", "configure", "registerTrustAnchor"}
    | {"deregisterTrustAnchor", "setMtlsEnforcement", "extractMaskedUser", "insertMaskedUser"}
)
"""Those that only an admin succeeds with."""

PREPARED = frozenset(
    {"activate", "changeMfa", "deregisterMfa", "registerApproverKey", "deregisterTrustAnchor"}
    | {"insertMasked", "insertMaskedUser"}
)
"""Those that succeed only after other calls."""

AES: Mapping[str, object] = {"VALUE_LEN": 32}
PAIR: Mapping[str, object] = {"EC_PARAMS": P256}
CLEAR: Mapping[str, object] = {"KEY_TYPE": int(KeyType.AES), "CLASS": int(ObjectClass.SECRET_KEY), "VALUE": bytes(32)}
UNWRAPPED: Mapping[str, object] = {"CLASS": int(ObjectClass.SECRET_KEY), "KEY_TYPE": int(KeyType.AES)}
DERIVED: Mapping[str, object] = {"KEY_TYPE": int(KeyType.AES), "VALUE_LEN": 32}


def parameter(*fields: int | bytes) -> bytes:
    """Return the parameter of a mechanism as it crosses the border."""
    parts = (
        struct.pack(">I", len(each)) + each if isinstance(each, bytes) else struct.pack(">I", each) for each in fields
    )
    return b"".join(parts)


HKDF = parameter(M.SHA256, b"salt", b"info")
IV = parameter(bytes(16))


def right_calls(peer: Peer) -> dict[str, tuple[object, ...]]:
    """Make keys, and return arguments with which each method succeeds once.

    Args:
        peer: a connection that a user is logged in on; the keys belong to its session.
    """
    aes, doomed = (peer.call("generateKey", M.AES_KEY_GEN, AES) for _ in range(2))
    deriving = peer.call(
        "generateKey", M.GENERIC_SECRET_KEY_GEN, {"VALUE_LEN": 32, "DERIVE": True, "SIGN": True, "VERIFY": True}
    )
    public, private = peer.call("generateKeyPair", M.EC_KEY_PAIR_GEN, PAIR, {})
    digest = bytes(range(32))
    signature = peer.call("sign", private, M.ECDSA, None, digest)
    encrypted = peer.call("encrypt", aes, M.AES_CBC_PAD, IV, b"plaintext")
    peer.call("generateToken", "registration", None)
    wrapped = peer.call("wrap", aes, M.CLOUDHSM_AES_KEY_WRAP_NO_PAD, None, aes)
    return {
        "info": (),
        "login": ("alice", b"alice-password"),
        "logout": (),
        "close": (),
        "generateKey": (M.AES_KEY_GEN, AES),
        "generateKeyPair": (M.EC_KEY_PAIR_GEN, PAIR, {"LABEL": "private"}),
        "checkGeneration": (M.AES_KEY_GEN, AES),
        "importKey": (CLEAR,),
        "importForUse": (CLEAR,),
        "find": ({"CLASS": int(ObjectClass.SECRET_KEY)},),
        "attributes": (aes,),
        "setAttributes": (aes, {"LABEL": "new label"}),
        "destroy": (doomed,),
        "export": (aes,),
        "random": (16,),
        "sign": (private, M.ECDSA, None, digest),
        "generateToken": ("registration", None),
        "tokenInfo": ("registration", None),
        "signApproved": (private, M.ECDSA, None, digest, bytes(80), [["bob", "crypto-user", b"not needed"]]),
        "verify": (public, M.ECDSA, None, digest, signature),
        "encrypt": (aes, M.AES_CBC_PAD, IV, b"plaintext"),
        "decrypt": (aes, M.AES_CBC_PAD, IV, encrypted),
        "wrap": (aes, M.CLOUDHSM_AES_KEY_WRAP_NO_PAD, None, aes),
        "unwrap": (aes, M.CLOUDHSM_AES_KEY_WRAP_NO_PAD, None, wrapped, UNWRAPPED),
        "derive": (deriving, M.HKDF_DERIVE, HKDF, DERIVED),
    }


def management_calls(peer: Peer) -> dict[str, tuple[object, ...]]:
    """Make a key, and return arguments with which each method of MANAGEMENT is carried out by the right user.

    Args:
        peer: a connection that a crypto user is logged in on.
    """
    key = peer.call("generateKey", M.AES_KEY_GEN, {**AES, "TOKEN": True, "LABEL": "managed"})
    return {
        "importKeys": ([CLEAR, CLEAR],),
        "keyInfo": (key,),
        "share": (key, "bob", None),
        "unshare": (key, "bob", None),
        "loginAs": ("crypto-user", "alice", b"alice-password", None),
        "mfaToken": (),
        "activate": (b"admin-password",),
        "users": (),
        "createUser": ("crypto-user", "carol", b"carols-password", None),
        "deleteUser": ("crypto-user", "carol", None),
        "changePassword": ("crypto-user", "alice", b"alice-password", None),
        "changeMfa": ("crypto-user", "alice", b"alice-password", b"no key", bytes(256), None),
        "deregisterMfa": ("crypto-user", "alice", None),
        "registerApproverKey": (b"no key", bytes(80), bytes(256)),
        "quorumValues": (),
        "setQuorumValue": ("quorum", 2, None),
        "tokens": (),
        "deleteTokens": (False,),
        "timeouts": (),
        "setTimeouts": (600, None),
        "hsmInfo": (),
        "settings": (),
        "configure": ({"implicit_import": True},),
        "trustAnchors": (),
        "registerTrustAnchor": (b"no certificate", None),
        "deregisterTrustAnchor": (1, None),
        "mtlsEnforcement": (),
        "setMtlsEnforcement": ("none", None),
        "lineage": (),
        "extractMasked": (key,),
        "insertMasked": (b"no object",),
        "extractMaskedUser": ("crypto-user", "bob"),
        "insertMaskedUser": (b"no object", None),
    }


def all_calls(peer: Peer) -> dict[str, tuple[object, ...]]:
    """Return :func:`right_calls` and :func:`management_calls`."""
    return {**right_calls(peer), **management_calls(peer)}
