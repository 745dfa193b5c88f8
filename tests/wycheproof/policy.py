"""What is expected of a vector.

``valid``: the provider accepts, with the vector's bytes. ``invalid``: it refuses, with one of the exceptions that the
vector's kind names as those a caller expects (``refusals`` of each :class:`wycheproof.kind.Kind`); instead of refusing
a wrong PKCS#1 v1.5 padding, RSA decryption gives other bytes, the same ones each time (implicit rejection).
``acceptable``: as the table says, by kind and flag.

=====================  =====================  ========  ==========================================================
type of the group      flag                   expected  because
=====================  =====================  ========  ==========================================================
KeywrapTest            ShortKey               refuse    RFC 3394 wraps two blocks of 64 bits or more
RsassaPkcs1Verify      MissingNull            refuse    RFC 8017, 8.2.2 compares encodings, and DER has one only
RsassaPkcs1Generate    every flag             accept    what is old or small, but within the limits, works
EcdhTest and the like  CompressedPublic,      either    the HSM need not read every encoding of a public key, and
                       CompressedPoint,                 whoever reads one must come to the same secret
                       InvalidAsn,
                       UnnamedCurve
every other            every other            either    nothing is promised
=====================  =====================  ========  ==========================================================

"Either" is no licence: who accepts must give the vector's bytes, and who refuses must throw what the kind names. Where
flags disagree, "refuse" wins over "either".
"""

from __future__ import annotations

from enum import Enum

from wycheproof.vectors import Test


class Expected(Enum):
    """What the provider has to do with a vector."""

    ACCEPT = "accept"
    REFUSE = "refuse"
    EITHER = "accept or refuse"


_EVERY_FLAG = "*"
_ACCEPTABLE: dict[tuple[str, str], Expected] = {
    ("KeywrapTest", "ShortKey"): Expected.REFUSE,
    ("RsassaPkcs1Verify", "MissingNull"): Expected.REFUSE,
    ("RsassaPkcs1Generate", _EVERY_FLAG): Expected.ACCEPT,
}


def expected(type_: str, test: Test) -> Expected:
    """Tell what is expected of one vector.

    Args:
        type_: of its group.
        test: the vector.
    """
    if test.result != "acceptable":
        return Expected.ACCEPT if test.result == "valid" else Expected.REFUSE
    found = {_ACCEPTABLE.get((type_, flag)) for flag in (*test.flags, _EVERY_FLAG)}
    return next((choice for choice in (Expected.REFUSE, Expected.ACCEPT) if choice in found), Expected.EITHER)
