"""What one row of the history says to one group of features, and when two rows say the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from spark_jobs.feature_rows import addends, condition, conditions, identities, micros
from spark_jobs.key_groups import KeyGroup
from spark_jobs.layers import quoted
from spark_jobs.windows.kinds import ADDITIVE
from weir.feature import SESSIONS, Feature

# (at, seq, part) as one number that a hash aggregation can keep the highest of; rows beyond the limits stay alone
SEQ_LIMIT, PART_LIMIT = 10**18, 10**4
_OF_SEQ, _OF_AT = f"{PART_LIMIT}BD", f"{SEQ_LIMIT * PART_LIMIT}BD"
_PLACE = f"cast(at as decimal(38, 0)) * {_OF_AT} + cast(seq as decimal(38, 0)) * {_OF_SEQ} + part"

# of merged rows the latest one's, where an entry compares rows by them, else any's
_SEQ = f"coalesce(own_seq, cast(max(place) % {_OF_AT} div {_OF_SEQ} as bigint), max(seq))"
_PART = f"coalesce(own_part, cast(max(place) % {_OF_SEQ} as int), 0)"
# what rows are merged by beside their own columns -> type
MERGING = {
    "entry": "int",
    "own_seq": "bigint",
    "own_part": "int",
    "zone": "int",
    "place": "decimal(38, 0)",
}


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

    @property
    def first(self) -> str:
        """The column of its key's first time in the batch; null where the batch has not the key."""
        return f"`first_{'_'.join(self.root)}`"

    @property
    def last(self) -> str:
        return f"`last_{'_'.join(self.root)}`"

    def as_struct(self, number: int, types: Mapping[str, str]) -> str:
        """SQL, over a history row with the times of its keys, of what it is to this entry; null when nothing.

        types: column -> type of all that rows are compared by; what a row is too old to be asked for is left out, so
        that more rows are alike.
        """
        columns = {
            "entry": str(number),
            "own_seq": f"if({self._is_own()}, seq, null)",
            "own_part": f"if({self._is_own()}, part, null)",
            "zone": self._zone(),
            "place": _PLACE if self._has("previous") else None,
            **{name: self._identity(name) for name in identities(self.features)},
            **{name: self._condition(name) for name in conditions(self.features)},
        }
        columns |= {name: f"`{name}`" for name in ("at", "seq", "part", *self.root, *addends(self.features))}
        fields = ", ".join(
            f"'{name}', cast({columns.get(name) or 'null'} as {kind})" for name, kind in types.items()
        )
        return f"if({self.first} is not null and {self._matters()}, named_struct({fields}), null)"

    def _matters(self) -> str:
        """An event of the key can see the row, or came before it although it is later in time."""
        counts = f" and ({' or '.join(conditions(self.features))})" if self.is_sessions else ""
        return self._since(self.span) + counts

    def _is_own(self) -> str:
        """Whether only some of the key's events see the row, so that it cannot be merged with others."""
        if self.is_sessions:
            return "true"
        reasons = [f"(at > {self.first} - {span} and at <= {self.last} - {span})" for span in self._spans()]
        if self._has("previous"):
            reasons.append(f"seq >= {SEQ_LIMIT}L or part >= {PART_LIMIT}")
        return " or ".join(reasons)

    def _zone(self) -> str:
        """How many of the windows that end at the key's last event hold the row."""
        return " + ".join(f"int(at > {self.last} - {span})" for span in self._spans())

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
        return f"at > {self.first} - {micros(span)}"

    def _has(self, kind: str) -> bool:
        return any(feature.kind == kind for feature in self.features)


def entries_of(groups: Iterable[KeyGroup]) -> list[Entry]:
    """Groups of features -> what the history is to them."""
    return [entry for group in groups for entry in _entries(group)]


def merged(entries: Sequence[Entry], rows: str, types: Mapping[str, str]) -> str:
    """SQL of history rows with the first and last times of their keys -> SQL of one row for all that are alike.

    types: column -> Spark SQL type of the feature rows. Result: those columns that any entry has, and `entry`.
    """
    features = [feature for entry in entries for feature in entry.features]
    alike = [*dict.fromkeys([*_keys(entries), *identities(features), *conditions(features)])]
    names = ["at", "seq", "part", *alike, *addends(features)]
    compared = MERGING | {name: types[name] for name in names}
    structs = ", ".join(entry.as_struct(number, compared) for number, entry in enumerate(entries))
    by = quoted(["entry", "own_seq", "own_part", "zone", *alike])
    sums = ", ".join(f"sum(`{name}`) as `{name}`" for name in addends(features))
    return (
        f"select {by}, max(at) as at, {_SEQ} as seq, {_PART} as part, {sums}"
        f" from (select inline(array({structs})) from ({rows})) where entry is not null group by {by}"
    )


def _keys(entries: Sequence[Entry]) -> list[str]:
    return [key for entry in entries for key in entry.root]


def _entries(group: KeyGroup) -> Iterator[Entry]:
    sessions = group.only(lambda feature: feature.kind in SESSIONS).features
    others = group.only(lambda feature: feature.kind not in SESSIONS).features
    yield Entry(group.root, others, is_sessions=False)
    if sessions:
        yield Entry(group.root, sessions, is_sessions=True)
