"""The engine's refusals as Java gets them."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import jpype

from bridge.engine import HsmError, ReturnCode

_log = logging.getLogger(__name__)

_Parameters = ParamSpec("_Parameters")
_Result = TypeVar("_Result")


def translated(method: Callable[_Parameters, _Result]) -> Callable[_Parameters, _Result]:
    """Mark a method as Java's and let it raise nothing but ``HsmException``.

    A raw Python exception would take its traceback to Java.
    """

    @functools.wraps(method)
    def call(*args: _Parameters.args, **_: _Parameters.kwargs) -> _Result:
        try:
            return method(*args)  # type: ignore[call-arg] # Java passes no keywords
        except HsmError as error:
            raise _exception(error.code, error.message) from None
        except Exception as error:
            _log.exception("the engine failed in %s", method.__name__)
            message = f"The engine failed in {method.__name__} ({type(error).__name__}); this is a defect of hsmbridge."
            raise _exception(ReturnCode.GENERAL_ERROR, message) from None

    overriding: Callable[_Parameters, _Result] = jpype.JOverride(call)
    return overriding


def _exception(code: ReturnCode, message: str) -> Exception:
    exception: Exception = jpype.JClass("io.hsmbridge.engine.HsmException")(int(code), message)
    return exception
