"""Explicit login and logout, with the exceptions that the documentation names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from engine.keys import new_aes

from bridge.engine import HsmError, Role
from provider.conftest import PASSWORD, Account, Jvm, load_store, new_provider
from provider.jca import DATA, EXCEPTIONS, callback_handler, chars, generate, java, pin, refused, sign, verifies

LOGIN_EXCEPTION = "javax.security.auth.login.LoginException"
INCORRECT = "Incorrect credentials are passed for this operation: Incorrect authentication credentials."
JCE = "com.amazonaws.cloudhsm.jce"


@pytest.fixture
def stranger(jvm: Jvm) -> Any:
    """A provider that nobody has logged in to."""
    return new_provider()


def strategy(name: str) -> Any:
    """Return a ``CallbackHandler`` of the newer kind."""
    user_type = java(f"{JCE}.jni.UserType").CRYPTO_USER

    def answer(callback: Any) -> None:
        if isinstance(callback, java(f"{JCE}.provider.authentication.AuthenticationStrategyCallback")):
            strategies = java(f"{JCE}.jni.AuthenticationStrategy")
            callback.setAuthenticationStrategy(
                strategies.createUsernamePasswordStrategy(user_type, name, chars(PASSWORD))
            )

    return callback_handler(answer)


def assert_works(provider: Any) -> None:
    pair = generate("EC", provider)
    signed = sign("SHA256withECDSA", pair.getPrivate(), provider=provider)
    assert verifies("SHA256withECDSA", pair.getPublic(), DATA, signed, provider)


def assert_unauthenticated(action: Callable[[], Any]) -> None:
    with refused(f"{EXCEPTIONS}.AuthenticationException", "HSM_USER and HSM_PASSWORD", "login()") as caught:
        action()
    causes = java(f"{EXCEPTIONS}.AuthenticationExceptionCause")
    assert caught.value.getCloudHsmExceptionCause() == causes.UNAUTHENTICATED
    assert isinstance(caught.value, java("java.lang.RuntimeException"))


def test_the_provider_names_itself_as_the_real_one(stranger: Any) -> None:
    assert isinstance(stranger, java("java.security.AuthProvider"))
    provider_class = java(f"{JCE}.provider.CloudHsmProvider")
    assert provider_class.PROVIDER_NAME == provider_class.CLOUDHSM_KEYSTORE_TYPE == stranger.getName() == "CloudHSM"
    assert stranger.getVersionStr() == "5018000.0"
    assert str(stranger).startswith("CloudHSM ")


def test_the_password_callback_takes_name_and_password(stranger: Any, new_user_name: Callable[[], str]) -> None:
    stranger.login(None, pin(f"{new_user_name()}:{PASSWORD}"))
    assert_works(stranger)
    stranger.logout()


def test_the_strategy_callback_takes_a_strategy(stranger: Any, new_user_name: Callable[[], str]) -> None:
    stranger.login(None, strategy(new_user_name()))
    assert_works(stranger)
    stranger.logout()


def test_a_handler_set_before_serves_a_login_without_one(stranger: Any, new_user_name: Callable[[], str]) -> None:
    stranger.setCallbackHandler(strategy(new_user_name()))
    stranger.login(None, None)
    assert_works(stranger)
    stranger.logout()
    stranger.setCallbackHandler(None)
    with refused(LOGIN_EXCEPTION, "No callback handler", "setCallbackHandler", "HSM_PASSWORD"):
        stranger.login(None, None)


def test_a_wrong_password_and_an_unknown_user_get_the_same_answer(
    stranger: Any, new_user_name: Callable[[], str]
) -> None:
    name = new_user_name()
    for who in (f"{name}:not-the-password", "nobody:not-the-password", f"{name}:", f":{PASSWORD}"):
        with refused(f"{EXCEPTIONS}.FailedLoginException", INCORRECT) as caught:
            stranger.login(None, pin(who))
        assert isinstance(caught.value, java(LOGIN_EXCEPTION))
        assert "not-the-password" not in str(caught.value.stacktrace())


def test_the_sixth_attempt_finds_the_account_locked(stranger: Any, new_user_name: Callable[[], str]) -> None:
    name = new_user_name()
    for _ in range(5):
        with pytest.raises(java(LOGIN_EXCEPTION)):
            stranger.login(None, pin(f"{name}:not-the-password"))
    with refused(f"{EXCEPTIONS}.AccountLockedException", name, "locked") as caught:
        stranger.login(None, pin(f"{name}:{PASSWORD}"))
    assert isinstance(caught.value, java(LOGIN_EXCEPTION))


def test_a_second_login_is_refused(account: Account) -> None:
    with refused(f"{EXCEPTIONS}.AccountAlreadyLoggedInException", account.name, "log out first") as caught:
        account.provider.login(None, pin(f"{account.name}:{PASSWORD}"))
    assert isinstance(caught.value, java(LOGIN_EXCEPTION))
    assert_works(account.provider)


def test_an_admin_is_no_crypto_user(stranger: Any) -> None:
    with refused(f"{EXCEPTIONS}.FailedLoginException", INCORRECT):
        stranger.login(None, pin("admin:admin-password"))


@pytest.mark.parametrize(
    ("handler", "text"),
    [
        (lambda: pin("alice"), "no colon"),
        (lambda: callback_handler(lambda _: None), "gave no credentials"),
        (lambda: callback_handler(lambda _: _fail()), "cannot ask"),
    ],
    ids=["no colon", "no answer", "handler fails"],
)
def test_a_handler_without_credentials_is_told_what_to_answer(
    stranger: Any, handler: Callable[[], Any], text: str
) -> None:
    with refused(LOGIN_EXCEPTION, text, '"user:password"', "AuthenticationStrategyCallback"):
        stranger.login(None, handler())


def _fail() -> None:
    raise java("java.io.IOException")("cannot ask")


def test_without_login_keys_cannot_be_made_or_read(stranger: Any) -> None:
    assert_unauthenticated(lambda: generate("RSA", stranger))
    assert_unauthenticated(lambda: generate("EC", stranger))
    assert_unauthenticated(java("javax.crypto.KeyGenerator").getInstance("AES", stranger).generateKey)
    store = load_store(stranger)
    assert_unauthenticated(store.aliases)
    assert_unauthenticated(lambda: store.getKey("any", None))
    assert_unauthenticated(lambda: store.containsAlias("any"))
    with refused(LOGIN_EXCEPTION, "No user is logged in"):
        stranger.logout()


def test_without_login_software_keys_cannot_be_used_either(stranger: Any, software_pairs: dict[str, Any]) -> None:
    signer = java("java.security.Signature").getInstance("SHA256withRSA", stranger)
    assert_unauthenticated(lambda: signer.initVerify(software_pairs["RSA"].getPublic()))


def test_logout_destroys_the_session_keys(stranger: Any, new_user_name: Callable[[], str]) -> None:
    name = new_user_name()
    stranger.login(None, pin(f"{name}:{PASSWORD}"))
    pair = generate("EC", stranger)
    waiting = java("java.security.Signature").getInstance("SHA256withECDSA", stranger)
    waiting.initSign(pair.getPrivate())
    waiting.update(b"data")
    stranger.logout()
    assert_unauthenticated(waiting.sign)
    stranger.login(None, pin(f"{name}:{PASSWORD}"))
    with refused("java.security.SignatureException", "There is no key", "its session ended"):
        sign("SHA256withECDSA", pair.getPrivate(), provider=stranger)
    with refused("javax.security.auth.DestroyFailedException", "There is no key"):
        pair.getPrivate().destroy()
    stranger.logout()


@pytest.mark.in_process("a host's registered provider shares its session with the first one that a program makes")
def test_the_second_provider_shares_the_login_and_the_keys_of_the_hosts(jvm: Jvm) -> None:
    pair = generate("EC", jvm.second)
    signed = sign("SHA256withECDSA", pair.getPrivate(), provider=jvm.registered)
    assert verifies("SHA256withECDSA", pair.getPublic(), DATA, signed, jvm.second)
    assert java("java.security.Security").addProvider(jvm.second) == -1
    with refused(f"{EXCEPTIONS}.AccountAlreadyLoggedInException", "alice"):
        jvm.second.login(None, pin(f"alice:{PASSWORD}"))


def test_a_key_of_another_provider_instance_is_refused(account: Account, pairs: dict[str, Any]) -> None:
    with refused("java.security.InvalidKeyException", "another provider instance"):
        sign("SHA256withECDSA", pairs["EC"].getPrivate(), provider=account.provider)


def test_users_do_not_see_each_others_keys(account: Account, jvm: Jvm, new_user_name: Callable[[], str]) -> None:
    new_aes(account.session, LABEL="of one user", TOKEN=True)
    assert list(account.store().aliases()) == ["of one user"]
    other = new_provider()
    other.login(None, pin(f"{new_user_name()}:{PASSWORD}"))
    assert list(load_store(other).aliases()) == []
    other.logout()


def test_a_locked_user_is_locked_for_python_too(stranger: Any, jvm: Jvm, new_user_name: Callable[[], str]) -> None:
    name = new_user_name()
    for _ in range(5):
        with pytest.raises(java(LOGIN_EXCEPTION)):
            stranger.login(None, pin(f"{name}:not-the-password"))
    with pytest.raises(HsmError, match="locked"):
        jvm.hsm.open_session().login(Role.CRYPTO_USER, name, PASSWORD.encode())
