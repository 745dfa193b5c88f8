"""Values that are computed when they are first asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar, overload

_Value = TypeVar("_Value")


class lazy(Generic[_Value]):  # noqa: N801 - a decorator
    """A property that is computed once and kept; two threads that ask at first may both compute it.

    ``functools.cached_property`` has a lock in Python 3.11, one for all instances, which a fork may find held by a
    thread that it does not have.
    """

    def __init__(self, compute: Callable[[Any], _Value]) -> None:
        """Take the method that computes the value."""
        self._compute = compute
        self.__doc__ = compute.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type) -> lazy[_Value]: ...

    @overload
    def __get__(self, instance: object, owner: type) -> _Value: ...

    def __get__(self, instance: object | None, owner: type) -> lazy[_Value] | _Value:
        if instance is None:
            return self
        value = self._compute(instance)
        # From now on the instance's own attribute is found first.
        instance.__dict__[self._name] = value
        return value
