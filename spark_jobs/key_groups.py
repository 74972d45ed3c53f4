"""Features that can be computed where the same rows are together: one shuffle for each group of keys."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from weir.feature import Feature


@dataclass(frozen=True, slots=True)
class KeyGroup:
    """Features whose keys all contain `root`: rows that agree on `root` hold all that each of them needs."""

    root: tuple[str, ...]
    features: tuple[Feature, ...]

    @property
    def hash(self) -> str:
        """The column that is even in rows which have the key, alike in those that share it."""
        return f"{'_'.join(self.root)}_hash"

    def only(self, keep: Callable[[Feature], bool]) -> KeyGroup:
        """The group with those features alone."""
        return replace(self, features=tuple(filter(keep, self.features)))

    @property
    def span(self) -> timedelta:
        """The longest look back of any feature of the group."""
        return max(feature.span for feature in self.features)

    def rest(self, feature: Feature) -> tuple[str, ...]:
        """The columns of a feature's key beyond the root."""
        return tuple(sorted(set(feature.key) - set(self.root)))


def key_groups(features: Sequence[Feature]) -> tuple[KeyGroup, ...]:
    """Features -> groups of them; a feature keyed by user and currency goes where those keyed by user are."""
    keys = sorted({tuple(sorted(feature.key)) for feature in features})
    roots = [key for key in keys if not any(set(other) < set(key) for other in keys)]
    members: dict[tuple[str, ...], list[Feature]] = {root: [] for root in roots}
    for feature in features:
        members[next(root for root in roots if set(root) <= set(feature.key))].append(feature)
    return tuple(KeyGroup(root, tuple(found)) for root, found in members.items())
