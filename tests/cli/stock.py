"""Files as the JDK's and OpenSSL's own programs write them."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from short_lived import QUICK_KEYSTORES, QUICK_START, for_tool

from bridge.jvm import find_jdk

PASSWORD = "source-password"
KEY_PASSWORD = "another-password"
STORE = ("-storepass:env", "STORE_PASSWORD")


def tool(folder: Path, name: str, *arguments: str) -> str:
    """Run one of the JDK's programs, or openssl, and return what it prints."""
    program = name if name == "openssl" else str(find_jdk() / "bin" / name)
    options = (*QUICK_START, *QUICK_KEYSTORES) if name in ("java", "keytool") else ()
    run = subprocess.run(
        [program, *(options if name == "java" else for_tool(*options)), *arguments],
        cwd=folder,
        env={**os.environ, "STORE_PASSWORD": PASSWORD, "KEY_PASSWORD": KEY_PASSWORD},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, f"{name} {' '.join(arguments)}\n{run.stdout}{run.stderr}"
    return run.stdout


def keytool(folder: Path, command: str, keystore: str, *arguments: str) -> str:
    """Run keytool on a keystore whose password is PASSWORD."""
    return tool(folder, "keytool", command, "-keystore", keystore, *STORE, *arguments)


def make_keystores(folder: Path) -> None:
    """Make one keystore in four formats.

    It has an RSA key ``rsa`` with a chain of two certificates, an EC key ``ec``, and the trusted certificate ``ca``.
    ``several.p12``, ``old.p12`` (protected as Java 8 did) and ``store.jceks`` have the AES key ``aes`` besides; in
    ``store.jks`` the key ``ec`` has a password of its own.
    """
    keytool(folder, "-genkeypair", "ca.p12", "-alias", "ca", "-keyalg", "EC", "-dname", "CN=Test CA", "-ext", "bc:c")
    keytool(folder, "-exportcert", "ca.p12", "-alias", "ca", "-rfc", "-file", "ca.pem")
    several = "several.p12"
    keytool(folder, "-genkeypair", several, "-alias", "rsa", "-keyalg", "RSA", "-keysize", "2048", "-dname", "CN=RSA")
    keytool(folder, "-certreq", several, "-alias", "rsa", "-file", "rsa.csr")
    keytool(folder, "-gencert", "ca.p12", "-alias", "ca", "-infile", "rsa.csr", "-rfc", "-outfile", "rsa.pem")
    keytool(folder, "-importcert", several, "-alias", "ca", "-file", "ca.pem", "-noprompt")
    keytool(folder, "-importcert", several, "-alias", "rsa", "-file", "rsa.pem")
    ec = ("-keyalg", "EC", "-groupname", "secp384r1", "-dname", "CN=EC")
    keytool(folder, "-genkeypair", several, "-alias", "ec", *ec)
    keytool(folder, "-exportcert", several, "-alias", "ec", "-rfc", "-file", "ec.pem")
    copy_keystore(folder, several, "store.jks", "JKS")
    passwords = ("-keypass:env", "STORE_PASSWORD", "-new:env", "KEY_PASSWORD")
    keytool(folder, "-keypasswd", "store.jks", "-alias", "ec", *passwords)
    keytool(folder, "-genseckey", several, "-alias", "aes", "-keyalg", "AES", "-keysize", "256")
    copy_keystore(folder, several, "store.jceks", "JCEKS")
    copy_keystore(folder, several, "old.p12", "PKCS12", "-J-Dkeystore.pkcs12.legacy")


def copy_keystore(folder: Path, source: str, target: str, kind: str, *options: str) -> None:
    """Copy a keystore into another format."""
    passwords = ("-srcstorepass:env", "STORE_PASSWORD", "-deststorepass:env", "STORE_PASSWORD")
    stores = ("-srckeystore", source, "-destkeystore", target, "-deststoretype", kind)
    tool(folder, "keytool", *options, "-importkeystore", *stores, *passwords)


def make_openssl_files(folder: Path) -> None:
    """Make a key ``key.pem``, its certificate ``leaf.pem`` and its issuer's ``root.pem``, and from them many files."""

    def openssl(command: str, *arguments: str) -> None:
        tool(folder, "openssl", *command.split(), *arguments)

    secret = ("-passout", "env:STORE_PASSWORD")
    openssl("req -x509 -newkey rsa:2048 -nodes -keyout root.key -out root.pem -subj /CN=Root -days 30")
    openssl("req -newkey rsa:2048 -nodes -keyout key.pem -out leaf.csr -subj /CN=Leaf")
    openssl("x509 -req -in leaf.csr -CA root.pem -CAkey root.key -CAcreateserial -days 30 -out leaf.pem")
    # The chain's order in the file is not the order of the chain.
    join(folder, "chain.pem", "root.pem", "key.pem", "leaf.pem")
    join(folder, "certificates.pem", "leaf.pem", "root.pem")
    openssl("pkcs8 -topk8 -in key.pem -out encrypted.pem", *secret)
    openssl("rsa -in key.pem -traditional -aes128 -out traditional.pem", *secret)
    openssl("pkcs8 -topk8 -nocrypt -in key.pem -outform DER -out plain.der")
    openssl("pkcs8 -topk8 -in key.pem -outform DER -out encrypted.der", *secret)
    openssl("ecparam -name prime256v1 -genkey -out ec-key.pem")
    export = "pkcs12 -export -inkey key.pem -in certificates.pem"
    openssl(f"{export} -out named.p12 -name server", *secret)
    openssl(f"{export} -out unnamed.p12", *secret)
    openssl(f"{export} -out legacy.p12 -legacy -name server", *secret)
    openssl(f"{export} -out no-password.p12 -passout pass:")
    openssl(f"{export} -out no-mac.p12 -nomac", *secret)


def join(folder: Path, target: str, *parts: str) -> None:
    """Write files behind each other into one."""
    (folder / target).write_bytes(b"".join((folder / part).read_bytes() for part in parts))
