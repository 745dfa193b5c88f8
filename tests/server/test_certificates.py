"""The private CA, judged by OpenSSL."""

from __future__ import annotations

import subprocess
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from bridge.engine.errors import HsmError, ReturnCode
from bridge.server.authority import Authority

NOW = datetime.now(UTC)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """A new CA whose server has two hosts."""
    authority = Authority(tmp_path / "certs")
    authority.create(["HSM.example.org", "192.0.2.7"], NOW)
    return authority


def verify(authority: Authority, certificate: Path, purpose: str, *options: str, at: datetime = NOW) -> str:
    """Return what ``openssl verify`` says of a certificate, with the list of revoked ones."""
    folder = authority.folder
    lists = ["-CAfile", str(folder / "ca.crt"), "-CRLfile", str(folder / "crl.pem"), "-crl_check", "-x509_strict"]
    time = ["-attime", str(int(at.timestamp()))]
    command = ["openssl", "verify", *lists, *time, "-purpose", purpose, *options, str(certificate)]
    run = subprocess.run(command, capture_output=True, text=True)
    assert (run.returncode == 0) == (run.stdout == f"{certificate}: OK\n")
    return run.stdout + run.stderr


def refused(code: ReturnCode, words: str) -> pytest.RaisesExc[HsmError]:
    """Expect a refusal."""
    return pytest.RaisesExc(HsmError, match=words, check=lambda error: error.code == code)


def test_openssl_accepts_the_servers_certificate_for_each_of_its_hosts(authority: Authority) -> None:
    for option, host in [
        ("-verify_hostname", "localhost"),
        ("-verify_ip", "127.0.0.1"),
        ("-verify_ip", "::1"),
        ("-verify_hostname", "hsm.example.org"),
        ("-verify_ip", "192.0.2.7"),
    ]:
        assert ": OK" in verify(authority, authority.folder / "server.crt", "sslserver", option, host)
    assert "hostname mismatch" in verify(
        authority, authority.folder / "server.crt", "sslserver", "-verify_hostname", "other.example.org"
    )


def test_openssl_accepts_a_clients_certificate_as_a_clients_only(authority: Authority) -> None:
    _, folder = authority.issue("build-server", None, NOW)
    assert folder == authority.folder / "clients" / "build-server"
    assert ": OK" in verify(authority, folder / "client.crt", "sslclient")
    assert "unsuitable certificate purpose" in verify(authority, folder / "client.crt", "sslserver")
    assert "unsuitable certificate purpose" in verify(authority, authority.folder / "server.crt", "sslclient")
    assert (folder / "ca.crt").read_bytes() == (authority.folder / "ca.crt").read_bytes()


def test_lives_end_after_ten_years_and_after_825_days(authority: Authority) -> None:
    server = authority.folder / "server.crt"
    assert ": OK" in verify(authority, server, "sslserver", at=NOW + timedelta(days=824))
    assert "certificate has expired" in verify(authority, server, "sslserver", at=NOW + timedelta(days=826))
    authority.renew([], NOW + timedelta(days=3000))
    assert ": OK" in verify(authority, server, "sslserver", at=NOW + timedelta(days=3650))


def test_nobody_else_can_read_any_file(authority: Authority, tmp_path: Path) -> None:
    authority.issue("alice", None, NOW)
    authority.issue("bob", tmp_path / "a" / "b", NOW)
    authority.revoke("bob", NOW)
    modes = {path.relative_to(tmp_path): path.stat().st_mode & 0o777 for path in authority.folder.rglob("*")}
    assert len(modes) > 10
    for path, mode in modes.items():
        assert mode == (0o700 if (tmp_path / path).is_dir() else 0o600), path
    assert (tmp_path / "a" / "b" / "client.key").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "a" / "b").stat().st_mode & 0o777 == 0o700


def test_keys_are_pkcs8_on_p256_and_fit_their_certificates(authority: Authority) -> None:
    _, folder = authority.issue("alice", None, NOW)
    for key, certificate in [
        (folder / "client.key", folder / "client.crt"),
        (authority.folder / "server.key", authority.folder / "server.crt"),
        (authority.folder / "ca.key", authority.folder / "ca.crt"),
    ]:
        assert key.read_bytes().startswith(b"-----BEGIN PRIVATE KEY-----\n")
        public = x509.load_pem_x509_certificate(certificate.read_bytes()).public_key()
        assert isinstance(public, ec.EllipticCurvePublicKey)
        assert public.curve.name == "secp256r1"
        shown = subprocess.run(["openssl", "pkey", "-in", str(key), "-pubout"], capture_output=True, check=True)
        of_certificate = subprocess.run(
            ["openssl", "x509", "-in", str(certificate), "-noout", "-pubkey"], capture_output=True, check=True
        )
        assert shown.stdout == of_certificate.stdout


def test_a_revoked_certificate_is_in_the_list_and_the_others_are_not(authority: Authority) -> None:
    _, alice = authority.issue("alice", None, NOW)
    _, bob = authority.issue("bob", None, NOW)
    _, carol = authority.issue("carol", None, NOW)

    for name in ("alice", "bob"):
        (revoked,) = authority.revoke(name, NOW)
        assert (revoked.name, revoked.revoked) == (name, NOW.replace(microsecond=0))

    assert "certificate revoked" in verify(authority, alice / "client.crt", "sslclient")
    assert "certificate revoked" in verify(authority, bob / "client.crt", "sslclient")
    assert ": OK" in verify(authority, carol / "client.crt", "sslclient")
    assert [(client.name, client.revoked is None) for client in authority.clients()] == [
        ("alice", False),
        ("bob", False),
        ("carol", True),
    ]


def test_a_name_is_free_again_when_its_certificate_is_revoked_or_has_ended(
    authority: Authority, tmp_path: Path
) -> None:
    authority.issue("alice", tmp_path / "1", NOW)
    with refused(ReturnCode.ARGUMENTS_BAD, "has a certificate already.*certs revoke alice"):
        authority.issue("alice", tmp_path / "2", NOW)
    assert not (tmp_path / "2").exists()

    authority.revoke("alice", NOW)
    second, _ = authority.issue("alice", tmp_path / "2", NOW)
    third, _ = authority.issue("alice", tmp_path / "3", NOW + timedelta(days=826))

    assert {client.serial for client in authority.revoke("alice", NOW)} == {second.serial, third.serial}
    with refused(ReturnCode.ARGUMENTS_BAD, "revoked already"):
        authority.revoke("alice", NOW)


def test_never_writes_over_a_file(authority: Authority, tmp_path: Path) -> None:
    before = {path: path.read_bytes() for path in authority.folder.rglob("*") if path.is_file()}
    with refused(ReturnCode.ACTION_PROHIBITED, "There is a CA .* already"):
        authority.create([], NOW)

    for present in ("client.key", "client.crt", "ca.crt"):
        out = tmp_path / present.replace(".", "-")
        out.mkdir()
        (out / present).write_text("precious")
        with refused(ReturnCode.ACTION_PROHIBITED, f"{present} exists already"):
            authority.issue("alice", out, NOW)
        assert [path.name for path in out.iterdir()] == [present]
        assert (out / present).read_text() == "precious"
    assert {path: path.read_bytes() for path in authority.folder.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("name", ["", ".", "../x", "a/b", "-x", "a b", "x" * 65, "ü", "a\n"])
def test_refuses_names_that_are_no_file_names(authority: Authority, name: str) -> None:
    with refused(ReturnCode.ARGUMENTS_BAD, "is no name for a client"):
        authority.issue(name, None, NOW)
    assert authority.clients() == []


@pytest.mark.parametrize("host", ["", "a b", "host:2223", "https://host", "-a", "a..b", "x" * 254, "1.2.3.4/8"])
def test_refuses_hosts_that_are_none(tmp_path: Path, host: str) -> None:
    with refused(ReturnCode.ARGUMENTS_BAD, "is neither the name nor the address"):
        Authority(tmp_path / "certs").create([host], NOW)
    assert list(tmp_path.iterdir()) == []


def test_renewal_keeps_the_key_and_the_hosts_unless_others_are_given(authority: Authority) -> None:
    key = (authority.folder / "server.key").read_bytes()

    def hosts(certificate: x509.Certificate) -> list[str]:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        return [str(name.value) for name in names]

    local = ["localhost", "127.0.0.1", "::1"]
    assert hosts(authority.renew([], NOW)) == [*local, "hsm.example.org", "192.0.2.7"]
    assert hosts(authority.renew(["other.example.org", "localhost"], NOW)) == [*local, "other.example.org"]
    assert (authority.folder / "server.key").read_bytes() == key
    assert ": OK" in verify(authority, authority.folder / "server.crt", "sslserver")


def test_without_a_ca_says_how_to_make_one(tmp_path: Path) -> None:
    authority = Authority(tmp_path / "certs")
    for act in (
        lambda: authority.renew([], NOW),
        lambda: authority.issue("alice", None, NOW),
        lambda: authority.clients(),
        lambda: authority.revoke("alice", NOW),
    ):
        with refused(ReturnCode.TOKEN_NOT_PRESENT, "hsmbridge certs create"):
            act()


def test_a_key_that_others_can_read_is_not_used(authority: Authority) -> None:
    (authority.folder / "ca.key").chmod(0o640)
    with refused(ReturnCode.TOKEN_NOT_PRESENT, "mode 0640"):
        authority.issue("alice", None, NOW)


def test_many_at_once_lose_nothing(authority: Authority) -> None:
    names = [f"client-{number}" for number in range(8)]
    for name in names:
        authority.issue(name, None, NOW)
    failures: list[Exception] = []

    def revoke(name: str) -> None:
        try:
            authority.revoke(name, NOW)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=revoke, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert all(client.revoked for client in authority.clients())
