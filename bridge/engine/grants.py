"""What a session was allowed to do with a key, and may do again without a check as long as nothing changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple
from weakref import ReferenceType

from bridge.engine.attributes import Attribute
from bridge.engine.holdings import Holdings
from bridge.engine.objects import HsmObject
from bridge.engine.parameters import Parameter
from bridge.engine.state import State

Function = Callable[..., Any]

_MOST = 1024


class Grant(NamedTuple):
    """The outcome of all checks that one use of a key needs.

    Attributes:
        obj: refers to the key, and does not keep it.
        function: of the mechanism; takes the parsed key, the parameter and the data.
        parameter: the class of the parameter.
        generation: of the HSM's state: its users, settings and token keys.
        version: of what the session holds: its login and its session keys.
    """

    obj: ReferenceType[HsmObject]
    function: Function
    parameter: type
    generation: int
    version: int


class Grants:
    """The grants of one session, each good while generation and version are still the newest.

    They stand for checks that depend on nothing but the user, the settings, the key, the mechanism and the class of its
    parameter. What needs more, such as an approval, is checked each time.
    """

    def __init__(self, state: State, holdings: Holdings) -> None:
        self._state = state
        self._holdings = holdings
        self._grants: dict[tuple[Attribute, int, int], Grant] = {}

    def find(
        self, usage: Attribute, handle: int, number: int, parameter: Parameter | None
    ) -> tuple[HsmObject, Function] | None:
        """Return the key and the function of a use, if there is a grant that is still good.

        Raises:
            HsmError: as :meth:`bridge.engine.storage.Storage.is_current`.
        """
        grant = self._grants.get((usage, handle, number))
        if grant is None or type(parameter) is not grant.parameter:
            return None
        obj = grant.obj()
        if obj is None or self._holdings.version != grant.version or not self._state.is_current(grant.generation):
            # None is good any more.
            self.clear()
            return None
        return obj, grant.function

    def clear(self) -> None:
        """Forget all grants."""
        self._grants.clear()

    def now(self) -> tuple[int, int]:
        """Return generation and version; read before the checks, so that what changes meanwhile counts as a change."""
        return self._state.generation, self._holdings.version

    def keep(self, usage: Attribute, handle: int, number: int, grant: Grant) -> None:
        """Keep a grant for the next time."""
        if len(self._grants) >= _MOST:
            self._grants.clear()
        self._grants[usage, handle, number] = grant
