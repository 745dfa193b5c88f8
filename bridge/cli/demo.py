"""``hsmbridge demo``: the main job, start to end, each command as a user would type it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from bridge.cli.ending import orderly_end
from bridge.cli.walk import Walk
from bridge.engine import HsmError, ReturnCode

_HELLO = Path(__file__).parent / "hello" / "Hello.java"

_STORE = "-keystore demo.p12 -storetype CloudHSM -storepass:env KEYSTORE_PASSWORD"
_CA = "-keystore ca.p12 -storepass:env CA_PASSWORD"

_PREPARE = f"""
# An HSM, with an admin and a crypto user.
hsmbridge init

# A small certificate authority, in a file of its own and with the plain JDK. Verifiers know its certificate only.
keytool -genkeypair -alias ca -keyalg EC -groupname secp256r1 -dname "CN=Demo CA" -validity 3650 \
-ext bc:critical -ext KU:critical=keyCertSign {_CA}
keytool -exportcert -rfc -alias ca -file ca.pem {_CA}
keytool -importcert -noprompt -alias ca -file ca.pem -keystore ca-trust.p12 -storepass:env CA_PASSWORD

# A jar.
javac -d classes Hello.java
jar --create --file hello.jar --main-class Hello -C classes .

# The keystore file of the HSM's keys holds certificates; first the CA's.
hsmbridge keytool -importcert -noprompt -alias ca -file ca.pem {_STORE}
"""

_SIGN = f"""
# A key pair, born inside the HSM, and a certificate for it from the CA.
hsmbridge keytool -genkeypair -alias {{key}} {{kind}} -dname CN={{key}} -keypass:env KEYSTORE_PASSWORD {_STORE}
hsmbridge keytool -certreq -alias {{key}} {_STORE} \
| keytool -gencert -rfc -alias ca -validity 730 -ext KU:critical=digitalSignature -ext EKU=codeSigning {_CA} \
| hsmbridge keytool -importcert -alias {{key}} {_STORE}

# The HSM signs the jar.
hsmbridge jarsigner -sigalg {{algorithm}} -signedjar {{key}}.jar {_STORE} hello.jar {{key}}

# Somebody else verifies it: a plain JDK that knows nothing but the CA's certificate.
jarsigner -verify -strict -keystore ca-trust.p12 -storepass:env CA_PASSWORD {{key}}.jar
"""

_KEYS = (
    ("rsa-signer", "-keyalg RSA -keysize 2048", "SHA256withRSA"),
    ("ec-signer", "-keyalg EC -groupname secp256r1", "SHA256withECDSA"),
)

_LIST = """
# What the HSM holds now.
hsmbridge keys
"""


@click.command()
@click.option(
    "--keep",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Work in DIR, which must be new or empty, and leave everything there.",
)
def demo(keep: Path | None) -> None:
    """Show the main job: keys born in an HSM sign a jar, and the plain JDK accepts it.

    Every command is printed as you would type it, then run: a new HSM, an RSA and an EC key pair
    generated inside it by keytool, certificates from a small CA, jarsigner, and `jarsigner -verify
    -strict` of a plain JDK. It works in a temporary folder with an HSM and passwords of its own.

    \b
    Example:
      hsmbridge demo
      hsmbridge demo --keep /tmp/demo

    \b
    Environment:
      JAVA_HOME  the JDK; otherwise the one on the PATH
    """
    with orderly_end(), _folder(keep) as folder:
        shutil.copyfile(_HELLO, folder / "Hello.java")
        walk = Walk(folder, {"HSM_USER": "alice"})
        walk.set_secrets("HSMBRIDGE_ADMIN_PASSWORD", "HSM_PASSWORD", "KEYSTORE_PASSWORD", "CA_PASSWORD")
        walk.run(_PREPARE)
        for key, kind, algorithm in _KEYS:
            walk.run(_SIGN.format(key=key, kind=kind, algorithm=algorithm), must_say="jar verified.")
        walk.run(_LIST)
        if keep:
            walk.save_environment()
            click.echo(f"\nAll of it is in {folder}: `cd {folder} && . ./env.sh` to go on there.")
    click.echo("\nBoth jars were signed inside the HSM and verified outside.")


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is None:
        with tempfile.TemporaryDirectory(prefix="hsmbridge-demo-") as folder:
            yield Path(folder)
        return
    try:
        keep.mkdir(mode=0o700, parents=True, exist_ok=True)
        if any(keep.iterdir()):
            raise HsmError(ReturnCode.ARGUMENTS_BAD, f"{keep} is not empty: the demo needs a new folder.")
    except OSError as error:
        raise HsmError(ReturnCode.ARGUMENTS_BAD, f"{keep} cannot be used: {error.strerror}.") from None
    yield keep.absolute()
