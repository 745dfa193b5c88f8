"""Trust anchors and the enforcement of mutual TLS, as policy of the HSM."""

from __future__ import annotations

import datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from bridge.engine import Hsm, ReturnCode, Role, Session, SessionRules
from bridge.engine.quorum import Service
from bridge.engine.settings import MtlsEnforcement
from engine.approvers import PASSWORD, approval, approvers
from engine.keys import refused


def authority(name: str) -> bytes:
    key, subject = ec.generate_private_key(ec.SECP256R1()), x509.Name.from_rfc4514_string(f"CN={name}")
    now = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now)
    return builder.not_valid_after(now.replace(year=2036)).sign(key, SHA256()).public_bytes(Encoding.PEM)


def test_two_anchors_come_and_go(hsm: Hsm, admin: Session) -> None:
    first, second = authority("one"), authority("two")
    assert [admin.register_trust_anchor(each).reference for each in (first, second)] == [1, 2]
    assert [anchor.certificate.encode() for anchor in hsm.open_session().trust_anchors()] == [first, second]
    with refused(ReturnCode.DATA_INVALID, "Invalid Certificate: Trust anchor already exists."):
        admin.register_trust_anchor(first)
    with refused(ReturnCode.DEVICE_MEMORY, "Maximum number of certificates registered."):
        admin.register_trust_anchor(authority("three"))
    admin.deregister_trust_anchor(1)
    assert [anchor.reference for anchor in admin.trust_anchors()] == [2]
    with refused(ReturnCode.ARGUMENTS_BAD, "0x01"):
        admin.deregister_trust_anchor(1)
    assert admin.register_trust_anchor(first).reference == 1


@pytest.mark.parametrize("certificate", [b"", b"no certificate", b"\xff" * 100])
def test_what_is_no_certificate(admin: Session, certificate: bytes) -> None:
    with refused(ReturnCode.DATA_INVALID, "Invalid Certificate"):
        admin.register_trust_anchor(certificate)


def test_a_chain_that_is_too_long(admin: Session) -> None:
    with refused(ReturnCode.DATA_LEN_RANGE, "Oversized Certificate: Certificate is too long"):
        admin.register_trust_anchor(b"".join(authority(f"number {number}") for number in range(20)))
    assert admin.trust_anchors() == []


def test_the_first_admin_alone_decides(hsm: Hsm, admin: Session, session: Session) -> None:
    admin.create_user(Role.ADMIN, "officer1", PASSWORD)
    officer = hsm.open_session()
    officer.login(Role.ADMIN, "officer1", PASSWORD)
    for each in (officer, session):
        with refused(ReturnCode.ACTION_PROHIBITED, "admin"):
            each.register_trust_anchor(authority("one"))
        with refused(ReturnCode.ACTION_PROHIBITED, "admin"):
            each.deregister_trust_anchor(1)
        with refused(ReturnCode.ACTION_PROHIBITED, "admin"):
            each.set_mtls_enforcement(MtlsEnforcement.NONE)


def test_enforcement_comes_over_mutual_tls(hsm: Hsm, admin: Session) -> None:
    with refused(ReturnCode.ACTION_PROHIBITED, "Current connection must be mtls to set this enforcement."):
        admin.set_mtls_enforcement(MtlsEnforcement.CLUSTER)
    over_tls = hsm.open_session(SessionRules(mtls=True))
    over_tls.login(Role.ADMIN, "admin", b"admin-password")
    over_tls.set_mtls_enforcement(MtlsEnforcement.CLUSTER)
    assert hsm.open_session().mtls_enforcement() is MtlsEnforcement.CLUSTER
    admin.set_mtls_enforcement(MtlsEnforcement.NONE)


def test_what_is_decided_about_the_cluster_is_approved(hsm: Hsm) -> None:
    admin = approvers(hsm, Role.ADMIN, "admin", "officer1")["admin"]
    admin.set_quorum_value(Service.QUORUM, 2)
    admin.set_quorum_value(Service.CLUSTER, 2, approval(admin.generate_token(Service.QUORUM), "admin", "officer1"))
    certificate = authority("one")
    with refused(ReturnCode.QUORUM_REQUIRED):
        admin.register_trust_anchor(certificate)
    given = approval(admin.generate_token(Service.CLUSTER), "admin", "officer1")
    reference = admin.register_trust_anchor(certificate, given).reference
    with refused(ReturnCode.QUORUM_REQUIRED):
        admin.deregister_trust_anchor(reference)
    with refused(ReturnCode.QUORUM_REQUIRED):
        admin.set_mtls_enforcement(MtlsEnforcement.NONE)


def test_enforcement_shuts_out_connections_without_certificates(hsm: Hsm, admin: Session) -> None:
    over_tls, without = (hsm.open_session(SessionRules(mtls=mtls)) for mtls in (True, False))
    for each in (over_tls, without):
        each.login(Role.ADMIN, "admin", b"admin-password")
    over_tls.set_mtls_enforcement(MtlsEnforcement.CLUSTER)
    with refused(ReturnCode.DEVICE_REMOVED, "HSM is disconnected"):
        without.tokens()
    with refused(ReturnCode.DEVICE_REMOVED, "HSM is disconnected"):
        hsm.open_session(SessionRules(mtls=False)).login(Role.ADMIN, "admin", b"wrong password")
    assert all(user.failures == 0 for user in admin.users())
    # A session without any connection is not shut out: the home's owner always gets in.
    assert over_tls.tokens() == admin.tokens() == []
    admin.set_mtls_enforcement(MtlsEnforcement.NONE)
    assert without.tokens() == []
