"""Parameters of mechanisms as bytes."""

from __future__ import annotations

import dataclasses
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.engine import HsmError, ReturnCode
from bridge.engine import parameters as own
from bridge.engine.parameters import Gcm, Oaep, Parameter, ParameterClass, decode
from engine.keys import expect_code, refused

CLASSES: tuple[ParameterClass, ...] = get_args(Parameter)
UINT32 = st.integers(0, 2**32 - 1)


def encode(parameter: Parameter) -> bytes:
    """Write the fields as the Java side does: numbers in four bytes, byte strings with their length before them."""
    encoded = b""
    for item in dataclasses.fields(parameter):
        value = getattr(parameter, item.name)
        encoded += len(value).to_bytes(4, "big") + value if isinstance(value, bytes) else value.to_bytes(4, "big")
    return encoded


def parameters() -> st.SearchStrategy[Parameter]:
    def build(kind: ParameterClass) -> st.SearchStrategy[Parameter]:
        fields = {
            item.name: st.binary(max_size=40) if item.type == "bytes" else UINT32 for item in dataclasses.fields(kind)
        }
        return st.builds(kind, **fields)

    return st.one_of([build(kind) for kind in CLASSES])


@given(parameters())
def test_what_was_encoded_is_decoded(parameter: Parameter) -> None:
    assert decode(type(parameter), encode(parameter)) == parameter
    assert own.encode(parameter) == encode(parameter)


@pytest.mark.parametrize("number", [-1, 2**32])
def test_a_number_that_does_not_fit_is_refused(number: int) -> None:
    with refused(ReturnCode.MECHANISM_PARAM_INVALID, "tag_bits"):
        own.encode(Gcm(b"iv", b"", number))


@given(parameters(), st.data())
def test_a_cut_or_extended_parameter_is_refused(parameter: Parameter, data: st.DataObject) -> None:
    encoded = encode(parameter)
    cut = data.draw(st.integers(0, len(encoded) - 1))
    for wrong in (encoded[:cut], encoded + b"\x00"):
        with refused(ReturnCode.MECHANISM_PARAM_INVALID, type(parameter).__name__):
            decode(type(parameter), wrong)


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
@given(encoded=st.binary(max_size=60))
def test_any_bytes_are_a_parameter_or_refused(kind: ParameterClass, encoded: bytes) -> None:
    try:
        parameter = decode(kind, encoded)
    except HsmError as error:
        expect_code(error, ReturnCode.MECHANISM_PARAM_INVALID)
    else:
        assert encode(parameter) == encoded


def test_the_form_is_fixed() -> None:
    assert encode(Gcm(b"iv", b"", 128)).hex() == "000000026976" + "00000000" + "00000080"
    assert encode(Oaep(0x250, 0x220, b"L")).hex() == "00000250" + "00000220" + "000000014c"
