"""What one row of the history says to one group of features, and when two rows say the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from spark_jobs.feature_rows import addends, condition, conditions, identities, micros
from spark_jobs.key_groups import KeyGroup
from spark_jobs.key_windows import ADDITIVE
from spark_jobs.layers import quoted
from weir.feature import SESSIONS, Feature

# (at, seq, part) as one number that a hash aggregation can keep the highest of; rows beyond the limits stay alone
SEQ_LIMIT, PART_LIMIT = 10**18, 10**4
_OF_SEQ, _OF_AT = f"{PART_LIMIT}BD", f"{SEQ_LIMIT * PART_LIMIT}BD"
_ORDER = f"cast(at as decimal(38, 0)) * {_OF_AT} + cast(seq as decimal(38, 0)) * {_OF_SEQ} + part"


@dataclass(frozen=True, slots=True)
class Entry:
    """What the history is to one key: its sessions, which ask for every event of theirs, or all else."""

    root: tuple[str, ...]
    features: tuple[Feature, ...]
    is_sessions: bool

    @property
    def span(self) -> timedelta:
        """The longest look back; 0 when it only has to tell what is late."""
        return max((feature.span for feature in self.features), default=timedelta(0))

    def merged_columns(self) -> list[str]:
        """The columns of its merged rows."""
        return [*dict.fromkeys(["at", "seq", "part", *self._alike(), *addends(self.features)])]

    def merged(self, rows: str) -> str:
        """SQL of history rows with their key's `first` and `last` time in the batch -> SQL of the merged rows.

        What a row is too old to be asked for is left out, so that more rows are alike.
        """
        columns = {
            "first": "first" if self.is_sessions else "cast(null as bigint)",
            "own_seq": f"if({self._is_own()}, seq, null)",
            "own_part": f"if({self._is_own()}, part, null)",
            "zone": self._zone(),
            **{name: self._identity(name) for name in identities(self.features)},
            **{name: self._condition(name) for name in conditions(self.features)},
        }
        columns |= {name: f"`{name}`" for name in ("at", "seq", "part", *self.root, *addends(self.features))}
        masked = ", ".join(f"{sql} as `{name}`" for name, sql in columns.items())
        alike = quoted(dict.fromkeys([*self._alike(), "first", "own_seq", "own_part", "zone"]))
        sums = ", ".join(f"sum(`{name}`) as `{name}`" for name in addends(self.features))
        seq, part = self._latest()
        return (
            f"select {alike}, max(at) as at, {seq} as seq, {part} as part, {sums}"
            f" from (select {masked} from ({rows}) where {self._matters()}) group by {alike}"
        )

    def _alike(self) -> list[str]:
        return [*dict.fromkeys([*self.root, *identities(self.features), *conditions(self.features)])]

    def _latest(self) -> tuple[str, str]:
        """SQL of the seq and part of the latest merged row; where nothing compares rows by them, of any."""
        if not self._has("previous"):
            return "coalesce(own_seq, max(seq))", "coalesce(own_part, 0)"
        order = f"max({_ORDER})"
        return (
            f"coalesce(own_seq, cast({order} % {_OF_AT} div {_OF_SEQ} as bigint))",
            f"coalesce(own_part, cast({order} % {_OF_SEQ} as int))",
        )

    def _matters(self) -> str:
        """An event of the key can see the row, or came before it although it is later in time."""
        counts = f" and ({' or '.join(conditions(self.features))})" if self.is_sessions else ""
        return self._since(self.span) + counts

    def _is_own(self) -> str:
        """Whether only some of the key's events see the row, so that it cannot be merged with others."""
        if self.is_sessions:
            return "true"
        reasons = [f"(at > first - {span} and at <= last - {span})" for span in self._spans()]
        if self._has("previous"):
            reasons.append(f"seq >= {SEQ_LIMIT}L or part >= {PART_LIMIT}")
        return " or ".join(reasons)

    def _zone(self) -> str:
        """How many of the windows that end at the key's last event hold the row."""
        return " + ".join(f"int(at > last - {span})" for span in self._spans())

    def _spans(self) -> list[str]:
        """The windows in which each event counts, however many are alike; 0 is that of the event itself."""
        spans = {feature.span for feature in self.features if feature.kind in ADDITIVE}
        return ["0L", *(micros(span) for span in sorted(spans))]

    def _identity(self, name: str) -> str:
        users = [feature for feature in self.features if name in identities([feature])]
        return f"`{name}`" if name in self.root else f"if({self._asked_by(users)}, `{name}`, null)"

    def _condition(self, name: str) -> str:
        users = [feature for feature in self.features if condition(feature) == name]
        return f"{self._asked_by(users)} and `{name}`"

    def _asked_by(self, users: Iterable[Feature]) -> str:
        return self._since(max(feature.span for feature in users))

    def _since(self, span: timedelta) -> str:
        return f"at > first - {micros(span)}"

    def _has(self, kind: str) -> bool:
        return any(feature.kind == kind for feature in self.features)


def entries_of(groups: Iterable[KeyGroup]) -> list[Entry]:
    """Groups of features -> what the history is to them."""
    return [entry for group in groups for entry in _entries(group)]


def _entries(group: KeyGroup) -> Iterator[Entry]:
    sessions = group.only(lambda feature: feature.kind in SESSIONS).features
    others = group.only(lambda feature: feature.kind not in SESSIONS).features
    yield Entry(group.root, others, is_sessions=False)
    if sessions:
        yield Entry(group.root, sessions, is_sessions=True)
