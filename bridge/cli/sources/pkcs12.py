"""PKCS#12 files (RFC 7292), with as many keys as they have."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from cryptography.x509 import Certificate
from pyasn1.codec.ber import decoder
from pyasn1.error import PyAsn1Error
from pyasn1.type import char, univ
from pyasn1_modules import rfc2315, rfc5652, rfc5958, rfc7292  # type: ignore[import-untyped]

from bridge.cli.sources import pbe
from bridge.cli.sources.entries import (
    Passwords,
    Progress,
    Source,
    SourceKey,
    certificate,
    chain_from,
    public_key_in,
    public_key_of,
    require_supported,
    secret_key,
    unreadable,
    wrong_key_password,
    wrong_password,
)
from bridge.engine import Attribute, HsmError, KeyType

_X509 = "1.2.840.113549.1.9.22.1"
_FRIENDLY_NAME = "1.2.840.113549.1.9.20"
_LOCAL_KEY_ID = "1.2.840.113549.1.9.21"
_TRUSTED_KEY_USAGE = "2.16.840.1.113894.746875.1.1"
_SECRET_TYPES = {
    "2.16.840.1.101.3.4.1": KeyType.AES,
    # Java names triple DES as OIW did, others by its CBC mode (RFC 8018, appendix B.2.2).
    "1.3.14.3.2.17": KeyType.DES3,
    "1.2.840.113549.3.7": KeyType.DES3,
    # HMAC with MD5, SHA-1 and SHA-2 (RFC 8018, appendix B.1.2), and with SHA-3 (NIST, Computer Security Objects
    # Register).
    **dict.fromkeys((f"1.2.840.113549.2.{last}" for last in range(6, 14)), KeyType.GENERIC_SECRET),
    **dict.fromkeys((f"2.16.840.1.101.3.4.2.{last}" for last in range(13, 17)), KeyType.GENERIC_SECRET),
}
"""Types of secret keys by object identifier."""

_AES_IN_A_MODE = "2.16.840.1.101.3.4.1."

_KEY_BAGS = {str(rfc7292.id_keyBag), str(rfc7292.id_pkcs8ShroudedKeyBag)}
_SECRET_BAG = str(rfc7292.id_secretBag)
_CERTIFICATE_BAG = str(rfc7292.id_certBag)

_DAMAGED = (PyAsn1Error, ValueError, IndexError, TypeError, KeyError, OverflowError)


@dataclass(frozen=True)
class _Bag:
    kind: str
    content: bytes = field(repr=False)
    name: str
    key_id: bytes
    trusted: bool


def is_pfx(data: bytes) -> bool:
    """Tell whether bytes begin as a PKCS#12 file does: a sequence whose first item is the number 3."""
    try:
        outer, _ = decoder.decode(data, asn1Spec=rfc7292.PFX())
    except _DAMAGED:
        return data[:1] == b"\x30" and b"\x02\x01\x03\x30" in data[:12]
    return int(outer["version"]) == 3


def read(path: Path, data: bytes, unnamed: str, passwords: Passwords, progress: Progress) -> Source:
    """Read a PKCS#12 file; see :func:`bridge.cli.sources.read`."""
    typed = passwords.of_file()
    try:
        password, contents = _open(path, data, typed)
        bags = [bag for content in contents for bag in _bags(path, content)]
    except pbe.Unsupported as error:
        raise unreadable(path, f"it is protected by an algorithm that is not supported ({error})") from None
    except _DAMAGED:
        raise unreadable(path, "it is a truncated or damaged PKCS#12 file") from None
    held = _named([bag for bag in bags if bag.kind != _CERTIFICATE_BAG], unnamed)
    keys = []
    for done, (alias, bag) in enumerate(held):
        progress("Decrypting keys", done, len(held))
        keys.append(_key(path, alias, bag, password, passwords))
    certificates = _certificates(path, keys, bags)
    with_chains = [replace(key, chain=_chain(bag, key, certificates)) for key, (_, bag) in zip(keys, held, strict=True)]
    return Source(with_chains, _trusted(with_chains, certificates, unnamed))


@dataclass(frozen=True)
class _Certificate:
    bag: _Bag
    certificate: Certificate
    public_key: bytes


def _open(path: Path, data: bytes, typed: str) -> tuple[pbe.Password, list[bytes]]:
    """Check the password and return the file's decrypted SafeContents."""
    pfx, rest = decoder.decode(data, asn1Spec=rfc7292.PFX())
    if rest or str(pfx["authSafe"]["contentType"]) != str(rfc5652.id_data):
        raise ValueError("a file signed with a public key, or with something behind its end")
    content = _octets(pfx["authSafe"]["content"])
    password = _password(path, pfx["macData"], content, typed)
    safes, _ = decoder.decode(content, asn1Spec=rfc7292.AuthenticatedSafe())
    return password, [_decrypted_safe(path, safe, password) for safe in safes]


def _password(path: Path, mac: Any, content: bytes, typed: str) -> pbe.Password:
    forms = pbe.Password.forms(typed)
    if not mac.isValue:
        return forms[0]
    for form in forms:
        if pbe.mac_is_right(mac, content, form):
            return form
    raise wrong_password(path)


def _decrypted_safe(path: Path, safe: Any, password: pbe.Password) -> bytes:
    if str(safe["contentType"]) == str(rfc5652.id_data):
        return _octets(safe["content"])
    encrypted, _ = decoder.decode(bytes(safe["content"]), asn1Spec=rfc2315.EncryptedData())
    info = encrypted["encryptedContentInfo"]
    try:
        return pbe.decrypt(info["contentEncryptionAlgorithm"], bytes(info["encryptedContent"]), password)
    except ValueError:
        raise wrong_password(path) from None


def _bags(path: Path, content: bytes) -> Iterator[_Bag]:
    bags, _ = decoder.decode(content, asn1Spec=rfc7292.SafeContents())
    for bag in bags:
        kind, value = str(bag["bagId"]), bytes(bag["bagValue"])
        attributes = _attributes(bag)
        name = attributes.get(_FRIENDLY_NAME)
        if kind not in _KEY_BAGS | {_SECRET_BAG, _CERTIFICATE_BAG}:
            raise unreadable(path, f"it holds something that is neither a key nor a certificate ({kind})")
        yield _Bag(
            kind,
            value,
            str(decoder.decode(name, asn1Spec=char.BMPString())[0]) if name else "",
            attributes.get(_LOCAL_KEY_ID, b""),
            _TRUSTED_KEY_USAGE in attributes,
        )


def _attributes(bag: Any) -> dict[str, bytes]:
    if not bag["bagAttributes"].isValue:
        return {}
    return {
        str(attribute["attrType"]): bytes(attribute["attrValues"][0])
        for attribute in bag["bagAttributes"]
        if len(attribute["attrValues"])
    }


def _octets(encoded: Any) -> bytes:
    return bytes(decoder.decode(bytes(encoded), asn1Spec=univ.OctetString())[0])


def _certificates(path: Path, keys: Sequence[SourceKey], bags: Sequence[_Bag]) -> list[_Certificate]:
    try:
        parsed = [(bag, _parse_certificate(path, bag)) for bag in bags if bag.kind == _CERTIFICATE_BAG]
    except HsmError:
        for key in keys:
            require_supported(key)
        raise
    return [_Certificate(bag, certificate, public_key_in(certificate)) for bag, certificate in parsed]


def _parse_certificate(path: Path, bag: _Bag) -> Certificate:
    try:
        content, _ = decoder.decode(bag.content, asn1Spec=rfc7292.CertBag())
        if str(content["certId"]) != _X509:
            raise unreadable(path, f"the certificate {bag.name!r} is not of X.509")
        der = _octets(content["certValue"])
    except _DAMAGED:
        raise unreadable(path, f"its certificate {bag.name!r} is damaged") from None
    return certificate(path, bag.name, der)


def _named(bags: Sequence[_Bag], unnamed: str) -> list[tuple[str, _Bag]]:
    """Give keys without a name one: ``unnamed``, with a number if there are several of them."""
    nameless = [bag for bag in bags if not bag.name]
    names = [unnamed] if len(nameless) == 1 else [f"{unnamed}-{number}" for number in range(1, len(nameless) + 1)]
    names_left = iter(names)
    return [(bag.name or next(names_left), bag) for bag in bags]


def _key(path: Path, alias: str, bag: _Bag, password: pbe.Password, passwords: Passwords) -> SourceKey:
    try:
        private_key_info = _private_key_info(path, alias, bag, password, passwords)
        if bag.kind == _SECRET_BAG:
            return _secret(path, alias, private_key_info)
    except pbe.Unsupported as error:
        raise unreadable(
            path, f"its key {alias!r} is protected by an algorithm that is not supported ({error})"
        ) from None
    except _DAMAGED:
        raise unreadable(path, f"its key {alias!r} is damaged") from None
    return SourceKey(alias, Attribute.PRIVATE_KEY_INFO, private_key_info)


def _private_key_info(path: Path, alias: str, bag: _Bag, password: pbe.Password, passwords: Passwords) -> bytes:
    content = bag.content
    if bag.kind == str(rfc7292.id_keyBag):
        return content
    if bag.kind == _SECRET_BAG:
        secret, _ = decoder.decode(content, asn1Spec=rfc7292.SecretBag())
        content = _octets(secret["secretValue"])
    encrypted, _ = decoder.decode(content, asn1Spec=rfc5958.EncryptedPrivateKeyInfo())
    algorithm, data = encrypted["encryptionAlgorithm"], bytes(encrypted["encryptedData"])
    try:
        return pbe.decrypt(algorithm, data, password)
    except ValueError:
        own = passwords.of_key(alias)
    try:
        if own is not None:
            return pbe.decrypt(algorithm, data, pbe.Password.forms(own)[-1])
    except ValueError:
        own = None
    raise wrong_key_password(path, alias)


def _secret(path: Path, alias: str, private_key_info: bytes) -> SourceKey:
    info, _ = decoder.decode(private_key_info, asn1Spec=rfc5958.PrivateKeyInfo())
    algorithm = str(info["privateKeyAlgorithm"]["algorithm"])
    key_type = _SECRET_TYPES.get(algorithm)
    if algorithm.startswith(_AES_IN_A_MODE):
        key_type = KeyType.AES
    return secret_key(path, alias, algorithm, key_type, bytes(info["privateKey"]))


def _chain(bag: _Bag, key: SourceKey, certificates: Sequence[_Certificate]) -> tuple[Certificate, ...]:
    if key.form is not Attribute.PRIVATE_KEY_INFO:
        return ()
    mine = public_key_of(key.value)
    if mine is None:
        require_supported(key)
    fitting = [found for found in certificates if not found.bag.trusted and found.public_key == mine]
    # Of several certificates for one key, the file says which one is meant.
    fitting.sort(key=lambda found: found.bag.key_id != bag.key_id)
    if not fitting:
        return ()
    return chain_from(fitting[0].certificate, [found.certificate for found in certificates])


def _trusted(keys: Sequence[SourceKey], certificates: Sequence[_Certificate], unnamed: str) -> dict[str, Certificate]:
    """Return the certificates that belong to no key, by alias, and those that the file marks as trusted."""
    in_chains = {certificate for key in keys for certificate in key.chain}
    trusted: dict[str, Certificate] = {}
    for found in certificates:
        if found.bag.trusted or found.certificate not in in_chains:
            name = found.bag.name or f"{unnamed}-certificate"
            trusted[f"{name}-{len(trusted) + 1}" if name in trusted else name] = found.certificate
    return trusted
