"""Keys that need approvals, used through the provider with a handler that has them given."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import jpype
import pytest
from engine.approvers import approvers, key_of, signed
from engine.keys import P256

from bridge.engine import Attribute, MechanismType, Role
from bridge.engine.attributes import Attributes
from bridge.engine.quorum import KeyQuorum
from provider.conftest import Account, Jvm, load_store
from provider.jca import DATA, EXCEPTIONS, generate, java, ours, refused, sign, verifies

QUORUM = "io.hsmbridge.quorum"
SIGNATURE_EXCEPTION = "java.security.SignatureException"
NAMES = ("approver1", "approver2", "approver3")
LABEL = "needs approval"
ALGORITHM = "SHA256withECDSA"
TWO = KeyQuorum(2, 2)

Handler = Callable[[Any], Any]


@dataclass(frozen=True)
class Guarded:
    """A key pair whose private half signs if two of three approvers say so."""

    account: Account
    public: Any
    private: Any
    handle: int

    def asks(self, handler: Handler | None) -> None:
        """Set the handler of the account's provider."""
        proxy = None if handler is None else jpype.JProxy(f"{QUORUM}.ApprovalHandler", dict={"approve": handler})
        java(f"{QUORUM}.QuorumApprovals").setHandler(self.account.provider, proxy)

    def sign(self) -> bytes:
        """Sign DATA."""
        return sign(ALGORITHM, self.private, provider=self.account.provider)

    def check(self, signature: bytes) -> None:
        """Fail if a signature of DATA is wrong."""
        assert verifies(ALGORITHM, self.public, DATA, signature, self.account.provider)


@pytest.fixture
def guarded(jvm: Jvm, account: Account) -> Iterator[Guarded]:
    """A key that the account owns, and three approvers with registered keys."""
    approvers(jvm.hsm, Role.CRYPTO_USER, *NAMES)
    common: Attributes = {Attribute.LABEL: LABEL, Attribute.TOKEN: True}
    public, private = account.session.generate_key_pair(
        MechanismType.EC_KEY_PAIR_GEN, {**common, Attribute.EC_PARAMS: P256}, common, NAMES, TWO
    )
    yield Guarded(account, found(account, public), found(account, private), private)
    account.session.destroy(private)


def found(account: Account, handle: int) -> Any:
    """Return a key by its handle, as the account's provider sees it."""
    package = "com.amazonaws.cloudhsm.jce.provider"
    store = java(f"{package}.KeyStoreWithAttributes").getInstance("CloudHSM", account.provider)
    store.load(None, None)
    return store.getKey(java(f"{package}.attributes.KeyReferenceSpec").getInstance(handle))


def approved(request: Any, *names: str) -> Any:
    """Return a request's approval, signed by so many."""
    approval = request.approval()
    for name in names:
        approval = approval.signedBy(name, signed(key_of(name), bytes(request.token())))
    return approval


def test_a_handler_has_it_approved(guarded: Guarded) -> None:
    requests: list[Any] = []

    def approve(request: Any) -> Any:
        requests.append(request)
        return approved(request, *NAMES[:2])

    guarded.asks(approve)
    guarded.check(guarded.sign())
    guarded.check(guarded.sign())
    first, second = requests
    assert str(first.service()) == "key-usage"
    assert str(first.keyReference()) == f"0x{guarded.handle:016x}"
    assert str(first.label()) == LABEL
    assert first.requiredApprovals() == 2
    assert 590 <= first.timeout().toSeconds() <= 600
    assert sha256(bytes(first.approvalData())).digest() == bytes(first.token())
    assert bytes(first.approvalData()) != bytes(second.approvalData())
    assert LABEL in str(first.toString())
    assert guarded.account.session.tokens() == []


def test_without_a_handler_it_is_refused_with_the_remedy(guarded: Guarded) -> None:
    texts = ("Quorum approval is required for this operation", "QuorumApprovals", "hsmbridge.approval.file")
    with refused(SIGNATURE_EXCEPTION, *texts) as caught:
        guarded.sign()
    assert isinstance(caught.value.getCause(), ours("KeyUsageException"))
    guarded.asks(lambda request: approved(request, *NAMES[:2]))
    guarded.asks(None)
    with refused(SIGNATURE_EXCEPTION, texts[0]):
        guarded.sign()


def foreign(request: Any) -> Any:
    """Have a user sign who may not use the key."""
    return approved(request, NAMES[0]).signedBy("alice", signed(key_of("alice"), bytes(request.token())))


def wrongly_signed(request: Any) -> Any:
    """Have an approver sign something else."""
    return approved(request, NAMES[0]).signedBy(NAMES[1], signed(key_of(NAMES[1]), bytes(32)))


def of_another_token(request: Any) -> Any:
    """Return signatures of a token that the HSM did not make."""
    other = bytes(80)
    approval = java(f"{QUORUM}.Approval").of(other)
    for name in NAMES:
        approval = approval.signedBy(name, signed(key_of(name), sha256(other).digest()))
    return approval


def throwing(request: Any) -> Any:
    raise java("java.lang.IllegalStateException")("nobody is at work")


PAIR = "Invalid username-signature pair for quorum authorization"
FAILURES: dict[str, tuple[Handler, str]] = {
    "too few": (
        lambda request: approved(request, NAMES[0]),
        "Too few quorum approvals: currently 1 approvals, but 2 approvals required",
    ),
    "one twice": (lambda request: approved(request, NAMES[0], NAMES[0]), "Too few quorum approvals: currently 1"),
    "unsigned": (lambda request: request.approval(), "No token signatures provided"),
    "foreign": (foreign, PAIR),
    "wrong": (wrongly_signed, PAIR),
    "another token": (of_another_token, PAIR),
    "null": (lambda request: None, "Quorum Failed"),
    "throws": (throwing, "nobody is at work"),
}


@pytest.mark.parametrize("failure", FAILURES)
def test_what_is_no_approval(guarded: Guarded, failure: str) -> None:
    handler, text = FAILURES[failure]
    guarded.asks(handler)
    with refused(SIGNATURE_EXCEPTION, text) as caught:
        guarded.sign()
    assert isinstance(caught.value.getCause(), ours("KeyUsageException"))
    cause = caught.value.getCause().getCause()
    assert (cause.code(), cause.getClass().getSimpleName()) == (0x80000102, "HsmException")
    assert (failure == "throws") is isinstance(cause.getCause(), java("java.lang.IllegalStateException"))
    guarded.asks(lambda request: approved(request, *NAMES))
    guarded.check(guarded.sign())


def test_a_handler_that_needs_approval_itself_is_refused(guarded: Guarded) -> None:
    depth = 0

    def approve(request: Any) -> Any:
        nonlocal depth
        depth += 1
        with refused(SIGNATURE_EXCEPTION, "Quorum approval is required for this operation"):
            guarded.sign()
        return approved(request, *NAMES[:2])

    guarded.asks(approve)
    guarded.check(guarded.sign())
    assert depth == 1


def test_threads_wait_for_each_others_approvals(guarded: Guarded) -> None:
    asked = threading.Semaphore(1)
    signatures: list[bytes] = []

    def approve(request: Any) -> Any:
        assert asked.acquire(blocking=False)
        approval = approved(request, *NAMES[:2])
        asked.release()
        return approval

    guarded.asks(approve)
    threads = [threading.Thread(target=lambda: signatures.append(guarded.sign())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(signatures) == 4
    for signature in signatures:
        guarded.check(signature)


def test_other_keys_ask_nobody(guarded: Guarded) -> None:
    guarded.asks(throwing)
    pair = generate("EC", guarded.account.provider)
    signature = sign(ALGORITHM, pair.getPrivate(), provider=guarded.account.provider)
    assert verifies(ALGORITHM, pair.getPublic(), DATA, signature, guarded.account.provider)


def test_message_authentication_codes_too(guarded: Guarded) -> None:
    account = guarded.account
    template: Attributes = {Attribute.VALUE_LEN: 32, Attribute.LABEL: "hmac", Attribute.TOKEN: True}
    handle = account.session.generate_key(MechanismType.GENERIC_SECRET_KEY_GEN, template, NAMES, TWO)
    mac = java("javax.crypto.Mac").getInstance("HmacSHA256", account.provider)
    mac.init(found(account, handle))
    with refused(f"{EXCEPTIONS}.KeyUsageException", "Quorum approval is required for this operation"):
        mac.doFinal(DATA)
    guarded.asks(lambda request: approved(request, *NAMES[:2]))
    assert bytes(mac.doFinal(DATA)) == bytes(mac.doFinal(DATA))
    account.session.destroy(handle)


def test_wrapping_is_refused_with_the_documented_text(guarded: Guarded) -> None:
    provider = guarded.account.provider
    generator = java("javax.crypto.KeyGenerator").getInstance("AES", provider)
    cipher = java("javax.crypto.Cipher").getInstance("AESWrap/ECB/ZeroPadding", provider)
    cipher.init(3, generator.generateKey())
    with refused("java.security.InvalidKeyException", "Quorum approval is required for this operation") as caught:
        cipher.wrap(guarded.private)
    assert isinstance(caught.value.getCause(), ours("KeyUsageException"))


def test_the_token_file_is_that_of_the_command_line(guarded: Guarded) -> None:
    approval = java(f"{QUORUM}.Approval")

    def approve(request: Any) -> Any:
        file = json.loads(str(request.tokenFile()))
        data = bytes(request.approvalData())
        assert file == {
            "version": "2.0",
            "service": "key-usage",
            "key_reference": f"0x{guarded.handle:016x}",
            "approval_data": base64.b64encode(data).decode(),
            "token": base64.b64encode(sha256(data).digest()).decode(),
            "signatures": [],
        }
        roles: list[dict[str, Any]] = [{"role": "crypto-user"}, {"role": None}, {}]
        for name, role in zip(NAMES, roles, strict=True):
            signature = signed(key_of(name), base64.b64decode(file["token"]))
            file["signatures"].append({"username": name, **role, "signature": base64.b64encode(signature).decode()})
        return approval.ofTokenFile(json.dumps(file))

    guarded.asks(approve)
    guarded.check(guarded.sign())


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("", "ends in the middle"),
        ("[]", "must be an object"),
        ('{"version": "1.0"}', "version"),
        ('{"version": "2.0"}', "approval_data"),
        ('{"version": "2.0", "approval_data": "?"}', "not Base64"),
        ('{"version": "2.0", "approval_data": "AA==", "signatures": {}}', "must be a list"),
        ('{"version": "2.0", "approval_data": "AA==", "signatures": [{"signature": "AA=="}]}', "username"),
        ('{"version": "2.0", "approval_data": "AA==", "signatures": [{"username": "bob"}]}', '"signature" is missing'),
    ],
)
def test_what_is_no_token_file(jvm: Jvm, text: str, wrong: str) -> None:
    with refused("java.io.IOException", wrong):
        java(f"{QUORUM}.Approval").ofTokenFile(text)


def test_other_providers_have_no_handler(jvm: Jvm) -> None:
    provider = java("java.security.Security").getProvider("SunJCE")
    with refused("java.lang.IllegalArgumentException", "SunJCE", "CloudHsmProvider"):
        java(f"{QUORUM}.QuorumApprovals").setHandler(provider, None)


def test_a_keystore_finds_the_key_by_its_label(guarded: Guarded) -> None:
    guarded.asks(lambda request: approved(request, *NAMES[:2]))
    key = load_store(guarded.account.provider).getKey(LABEL, None)
    guarded.check(sign(ALGORITHM, key, provider=guarded.account.provider))
