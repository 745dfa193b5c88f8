"""The types of vectors that run, and why the others do not."""

from __future__ import annotations

from wycheproof.kind import Kind
from wycheproof.kinds.cbc import Cbc
from wycheproof.kinds.ecdh import Ecdh, EcdhJwk, EcdhPem, EcdhPoint
from wycheproof.kinds.ecdsa import Ecdsa, EcdsaP1363
from wycheproof.kinds.eddsa import Eddsa
from wycheproof.kinds.gcm import Gcm
from wycheproof.kinds.hkdf import Hkdf
from wycheproof.kinds.key_wrap import KeyWrap
from wycheproof.kinds.mac import Mac
from wycheproof.kinds.ml_dsa import MlDsaSign, MlDsaVerify
from wycheproof.kinds.rsa_encryption import Oaep, Pkcs1
from wycheproof.kinds.rsa_signature import PssVerify, PssWithParametersVerify, RsaGenerate, RsaVerify

KINDS: dict[str, type[Kind]] = {
    "AeadTest": Gcm,
    "EcdhEcpointTest": EcdhPoint,
    "EcdhPemTest": EcdhPem,
    "EcdhTest": Ecdh,
    "EcdhWebcryptoTest": EcdhJwk,
    "EcdsaP1363Verify": EcdsaP1363,
    "EcdsaVerify": Ecdsa,
    "EddsaVerify": Eddsa,
    "HkdfTest": Hkdf,
    "IndCpaTest": Cbc,
    "KeywrapTest": KeyWrap,
    "MacTest": Mac,
    "MlDsaSign": MlDsaSign,
    "MlDsaVerify": MlDsaVerify,
    "RsaesOaepDecrypt": Oaep,
    "RsaesPkcs1Decrypt": Pkcs1,
    "RsassaPkcs1Generate": RsaGenerate,
    "RsassaPkcs1Verify": RsaVerify,
    "RsassaPssVerify": PssVerify,
    "RsassaPssWithParametersVerify": PssWithParametersVerify,
}
"""By the type that a group names."""
