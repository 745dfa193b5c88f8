"""What a program sees of a connection with the HSM that breaks, is refused, or has too much to do."""

from __future__ import annotations

from typing import Any

import pytest

from provider.conftest import Jvm
from provider.jca import EXCEPTIONS, java

REMOVED, COUNT, BUSY, INCORRECT, LOCKED = 0x32, 0xB1, 0x800000BB, 0xA0, 0xA4

LOST = (
    "The underlying Provider connection was lost: Communication with the device was lost during the execution of the "
    "function. "
)
CROWDED = "There are too many operations happening at the same time: "
QUEUE = "Unexpected error with the Provider: The HSM could not queue the request for processing. "


@pytest.fixture
def errors(jvm: Jvm) -> Any:
    return java("io.hsmbridge.engine.Errors")


def refusal(code: int) -> Any:
    """Return an engine's refusal."""
    return java("io.hsmbridge.engine.HsmException")(code, "What happened.")


@pytest.mark.parametrize(
    ("code", "exception", "text"),
    [
        (REMOVED, "ProviderException", LOST),
        (COUNT, "InternalException", CROWDED),
        (BUSY, "InternalException", QUEUE),
    ],
)
def test_operations_and_logins_begin_with_the_words_of_the_original(
    errors: Any, code: int, exception: str, text: str
) -> None:
    seen = errors.unchecked(refusal(code))
    assert seen.getClass().getName() == f"{EXCEPTIONS}.{exception}"
    assert str(seen.getMessage()) == f"{text}What happened."
    login = errors.login(refusal(code))
    assert login.getClass().getName() == "javax.security.auth.login.LoginException"
    assert str(login.getMessage()) == f"{text}What happened."
    signature = errors.signature(refusal(code))
    assert signature.getClass().getName() == "java.security.SignatureException"
    assert signature.getCause().getClass() == seen.getClass()


@pytest.mark.parametrize(("code", "cause"), [(INCORRECT, "INCORRECT_CREDENTIALS"), (LOCKED, "ACCOUNT_LOCKED")])
def test_a_second_login_that_is_refused_fails_the_operation(errors: Any, code: int, cause: str) -> None:
    seen = errors.unchecked(refusal(code))
    assert seen.getClass().getName() == f"{EXCEPTIONS}.AuthenticationException"
    assert str(seen.getCloudHsmExceptionCause()) == cause
    assert str(seen.getMessage()).endswith("What happened.")
    with pytest.raises(java(f"{EXCEPTIONS}.AuthenticationException")):
        errors.signature(refusal(code))


def test_the_codes_are_those_of_the_engine(jvm: Jvm) -> None:
    names = {"DEVICE_REMOVED": REMOVED, "SESSION_COUNT": COUNT, "SESSION_HANDLE_INVALID": 0xB3, "DEVICE_BUSY": BUSY}
    codes = java("io.hsmbridge.engine.ReturnCodes")
    assert {name: int(getattr(codes, name)) for name in names} == names
