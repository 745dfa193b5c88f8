"""What all kinds of vectors have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod

from wycheproof.jca import Keys
from wycheproof.vectors import Fields, Test


class Kind(ABC):
    """One group of vectors of one type, and how they run.

    Making one raises :class:`wycheproof.limits.NotApplicable` if the HSM does not have what the whole group is about.

    Attributes:
        algorithm: that the file names.
        group: the group's fields.
        keys: those that serve all tests of the group.
    """

    def __init__(self, algorithm: str, group: Fields) -> None:
        self.algorithm = algorithm
        self.group = group
        self.keys = Keys()

    def check(self, test: Test) -> None:  # noqa: B027 - most kinds have nothing to check
        """Raise :class:`wycheproof.limits.NotApplicable` if the HSM does not have what one test is about."""

    @abstractmethod
    def refusals(self, test: Test) -> set[str]:
        """Return how a caller expects a test to be refused, as :attr:`wycheproof.jca.Refused.how` says it."""

    @abstractmethod
    def run(self, test: Test, keys: Keys) -> None:
        """Run a test; return only if the provider accepts with the bytes of the vector.

        Args:
            test: to run.
            keys: takes the keys that only this test needs.

        Raises:
            Refused: if the provider refuses.
            Mismatch: if it gives other bytes.
        """
