"""Mutual TLS as the HSM's policy: whose client certificates it trusts, and who must show one.

User guide, "cloudhsm_cli-cluster-mtls"; what speaks TLS asks the settings for both.
"""

from __future__ import annotations

from dataclasses import replace

from bridge.engine.approvals import Approvals
from bridge.engine.audit import Opcode
from bridge.engine.errors import HsmError, ReturnCode
from bridge.engine.quorum import Approval, Service
from bridge.engine.settings import MtlsEnforcement, TrustAnchor
from bridge.engine.storage import Transaction
from bridge.engine.users import FIRST_ADMIN

MOST_ANCHORS = 2
LONGEST_CHAIN = 6980
"""Bytes of a trust anchor in PEM."""


class Mtls(Approvals):
    """What a session does about mutual TLS."""

    def trust_anchors(self) -> list[TrustAnchor]:
        """Return the certificate authorities that are trusted; anybody may know."""
        return list(self._state.settings.trust_anchors)

    def register_trust_anchor(self, certificate: bytes, approval: Approval | None = None) -> TrustAnchor:
        """Trust the client certificates of an authority.

        Args:
            certificate: of the authority, PEM; a chain of several is one anchor.
            approval: for the service ``CLUSTER``, if that has a quorum value.

        Raises:
            HsmError: ``ACTION_PROHIBITED`` unless the admin named ``admin`` asks, or if the HSM's type has no mutual
                TLS, ``DATA_LEN_RANGE``, ``DATA_INVALID``, ``DEVICE_MEMORY`` for a third one, ``QUORUM_REQUIRED``,
                ``QUORUM_FAILED``.
        """
        with self._audited(Opcode.CERT_AUTH_STORE_CERT) as entry:
            self._first_admin()
            text = _checked(certificate)
            with self._state.changing(entry) as transaction:
                anchors = self._state.settings.trust_anchors
                if any(anchor.certificate == text for anchor in anchors):
                    raise HsmError(ReturnCode.DATA_INVALID, "Invalid Certificate: Trust anchor already exists.")
                if len(anchors) >= MOST_ANCHORS:
                    raise HsmError(ReturnCode.DEVICE_MEMORY, "Maximum number of certificates registered.")
                taken = {anchor.reference for anchor in anchors}
                reference = next(number for number in range(1, MOST_ANCHORS + 1) if number not in taken)
                made = TrustAnchor(reference, text)
                self._put(transaction, approval, trust_anchors=(*anchors, made))
            return made

    def deregister_trust_anchor(self, reference: int, approval: Approval | None = None) -> None:
        """Trust an authority no more.

        Args:
            reference: of the anchor.
            approval: as for :meth:`register_trust_anchor`.

        Raises:
            HsmError: ``ARGUMENTS_BAD`` if there is no such anchor; as :meth:`register_trust_anchor`.
        """
        with self._audited(Opcode.CERT_AUTH_REMOVE_CERT) as entry:
            self._first_admin()
            with self._state.changing(entry) as transaction:
                anchors = self._state.settings.trust_anchors
                left = tuple(anchor for anchor in anchors if anchor.reference != reference)
                if left == anchors:
                    raise HsmError(
                        ReturnCode.ARGUMENTS_BAD,
                        f"There is no trust anchor 0x{reference:02x}; `cluster mtls list-trust-anchors` lists them.",
                    )
                self._put(transaction, approval, trust_anchors=left)

    def mtls_enforcement(self) -> MtlsEnforcement:
        """Return who must show a client certificate; anybody may know."""
        return self._state.settings.mtls_enforcement

    def set_mtls_enforcement(self, level: MtlsEnforcement, approval: Approval | None = None) -> None:
        """Say who must show a client certificate.

        Args:
            level: nobody, or everybody who connects with the cluster.
            approval: as for :meth:`register_trust_anchor`.

        Raises:
            HsmError: ``ACTION_PROHIBITED`` also if this session itself came without mutual TLS; for ``NONE`` it may be
                in the HSM's own process, so that the home's owner gets in when no certificate does.
        """
        with self._audited(Opcode.CERT_AUTH_SET_ENFORCEMENT) as entry:
            self._first_admin()
            if level is MtlsEnforcement.CLUSTER and not self._rules.mtls:
                raise HsmError(
                    ReturnCode.ACTION_PROHIBITED,
                    "Failed to set the mtls enforcement. Current connection must be mtls to set this enforcement.",
                )
            with self._state.changing(entry) as transaction:
                self._put(transaction, approval, mtls_enforcement=level)

    def _put(self, transaction: Transaction, approval: Approval | None, **changed: object) -> None:
        settings = self._state.settings
        self._approve(transaction, approval, Service.CLUSTER, settings.quorum_values.cluster)
        transaction.put_settings(replace(settings, **changed))  # type: ignore[arg-type] # fields of their own types

    def _first_admin(self) -> None:
        if self._admin("decides about mutual TLS").name != FIRST_ADMIN:
            raise HsmError(
                ReturnCode.ACTION_PROHIBITED, f"The admin named {FIRST_ADMIN!r} alone decides about mutual TLS."
            )
        profile = self._state.profile
        if Service.CLUSTER not in profile.services:
            raise HsmError(
                ReturnCode.ACTION_PROHIBITED,
                f"An HSM of the type {profile.hsm_type} decides nothing about mutual TLS; an hsm2m.medium does.",
            )


def _checked(certificate: bytes) -> str:
    # Few processes have to do with certificates, and loading what reads them takes a while.
    from cryptography.x509 import load_pem_x509_certificates

    if len(certificate) > LONGEST_CHAIN:
        raise HsmError(
            ReturnCode.DATA_LEN_RANGE,
            f"Oversized Certificate: Certificate is too long; it has {len(certificate)} bytes, and at most "
            f"{LONGEST_CHAIN} are kept.",
        )
    try:
        load_pem_x509_certificates(certificate)
        return certificate.decode("ascii").strip() + "\n"
    except ValueError:
        raise HsmError(ReturnCode.DATA_INVALID, "Invalid Certificate: it is no X.509 certificate in PEM.") from None
