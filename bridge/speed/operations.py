"""What is measured: one row an operation. ``io.hsmbridge.speed.Works`` does the same ones with JCA."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from bridge.speed import software

MIB = 1024 * 1024

TRANSPORTS = ("in-process", "socket")
"""How Java reaches the engine: the names of our own contenders."""


class Operation(NamedTuple):
    """One row.

    Attributes:
        title: what a program does.
        sizes: in bytes, of the data in one operation; for ``find-label`` the number of keys; those measured unless
            the user says otherwise.
        openssl: the algorithm for ``openssl speed``, empty if it has none such.
        openssl_column: which of the rates that it prints for a key pair.
        software: makes the same of a size with ``cryptography`` alone.
        profiled: whether it can be done floor by floor.
    """

    title: str
    sizes: tuple[int, ...]
    openssl: tuple[str, ...] = ()
    openssl_column: int = 0
    software: Callable[[int], Callable[[], object]] | None = None
    profiled: bool = False


OPERATIONS = {
    "p256-sign": Operation("SHA256withECDSA, P-256", (32,), ("ecdsap256",), 0, software.p256_sign, True),
    "p256-verify": Operation("the same, verified", (32,), ("ecdsap256",), 1, software.p256_verify),
    "rsa2048-sign": Operation("SHA256withRSA, 2048 bits", (32,), ("rsa2048",), 0, software.rsa2048_sign, True),
    "rsa2048-verify": Operation("the same, verified", (32,), ("rsa2048",), 1, software.rsa2048_verify),
    "aes256-gcm": Operation(
        "AES/GCM/NoPadding, one doFinal", (32, 1024, 16_000), ("-evp", "aes-256-gcm"), 0, software.aes256_gcm, True
    ),
    "aes256-cbc": Operation(
        "AES/CBC/PKCS5Padding, a stream of 64 KiB buffers",
        (64 * MIB,),
        ("-evp", "aes-256-cbc"),
        0,
        software.aes256_cbc,
        True,
    ),
    "aes256-ctr": Operation(
        "AES/CTR/NoPadding, a stream of 64 KiB buffers",
        (64 * MIB,),
        ("-evp", "aes-256-ctr"),
        0,
        software.aes256_ctr,
        True,
    ),
    "hmac-sha256": Operation("HmacSHA256, one doFinal", (1024,), ("-hmac", "sha256"), 0, software.hmac_sha256, True),
    "p256-generate": Operation("a P-256 key pair generated, and destroyed where the provider can", (0,)),
    "rsa2048-generate": Operation("an RSA key pair of 2048 bits generated, and destroyed where the provider can", (0,)),
    "aes256-generate": Operation("an AES key of 256 bits generated, and destroyed where the provider can", (0,)),
    "find-label": Operation("KeyStore.getKey by label, among so many keys", (100, 16_000)),
}


class Case(NamedTuple):
    """What is measured at once.

    Attributes:
        operation: its name.
        size: as :class:`Operation` says.
        threads: of Java that do it at the same time.
    """

    operation: str
    size: int
    threads: int = 1

    def __str__(self) -> str:
        """Return what a table says."""
        unit = "keys" if self.operation == "find-label" else "bytes"
        size = f"{self.size // MIB} MiB" if self.size and self.size % MIB == 0 else f"{self.size:,} {unit}"
        threads = f"{self.threads} threads" if self.threads > 1 else "1 thread"
        return ", ".join([self.operation, *([size] if self.size else []), threads])
