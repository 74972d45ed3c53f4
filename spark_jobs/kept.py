"""What a batch was judged with, kept beside the checkpoint before its first write and reused by a retry."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from hashlib import sha256

from pyspark.sql import SparkSession

from spark_jobs.checkpoint import MAX_AGES, BrokenCheckpoint, newest_batch, whole_text
from spark_jobs.storage import file_names, read_text, remove, replace_text, write_text
from weir.pack import Pack, pack_from_files


@dataclass(frozen=True, slots=True)
class Plan:
    """The pack by the name it is kept by, each reference list by Delta version, and `max_ages` in seconds."""

    pack: str
    references: Mapping[str, int] = field(default_factory=dict)
    max_ages: Mapping[str, float] = field(default_factory=dict)

    def spans(self) -> dict[str, timedelta]:
        """Kind of source -> how late its events may arrive."""
        return {kind: timedelta(seconds=seconds) for kind, seconds in self.max_ages.items()}


def require_plan(spark: SparkSession, checkpoint: str) -> None:
    """Return when a batch that was begun and not done can be judged as before. Raises BrokenCheckpoint."""
    begun = newest_batch(spark, checkpoint, "offsets")
    if begun <= newest_batch(spark, checkpoint, "commits"):
        return
    for what in ("plan", "poison"):
        whole_text(spark, checkpoint, _batch_file(begun, what))
    plan = kept_plan(spark, checkpoint, begun)
    if plan and not has_pack(spark, checkpoint, plan.pack):
        raise BrokenCheckpoint(
            checkpoint, _pack_file(plan.pack), f"is gone or broken, and batch {begun} needs it"
        )


def kept_plan(spark: SparkSession, checkpoint: str, batch_id: int) -> Plan | None:
    """The plan an earlier try of this batch wrote, or None at the first try."""
    text = read_text(spark, _batch_path(checkpoint, batch_id, "plan"))
    return None if text is None else Plan(**json.loads(text))


def keep_plan(spark: SparkSession, checkpoint: str, batch_id: int, plan: Plan) -> None:
    write_text(spark, _batch_path(checkpoint, batch_id, "plan"), json.dumps(asdict(plan)))


def kept_poison(spark: SparkSession, checkpoint: str, batch_id: int) -> tuple[int, ...]:
    """The `seq` of each message that was found to kill this batch; empty when none was."""
    text = read_text(spark, _batch_path(checkpoint, batch_id, "poison"))
    return tuple(json.loads(text)) if text else ()


def keep_poison(spark: SparkSession, checkpoint: str, batch_id: int, seqs: tuple[int, ...]) -> None:
    replace_text(spark, _batch_path(checkpoint, batch_id, "poison"), json.dumps(seqs))


def keep_max_age(spark: SparkSession, checkpoint: str, kind: str, max_age: timedelta) -> None:
    """Keep how late events of a kind of source may arrive, for every run until another is kept."""
    known = kept_max_ages(spark, checkpoint)
    if known.get(kind) != max_age.total_seconds():
        replace_text(spark, f"{checkpoint}/{MAX_AGES}", json.dumps({**known, kind: max_age.total_seconds()}))


def kept_max_ages(spark: SparkSession, checkpoint: str) -> dict[str, float]:
    """Kind of source -> seconds that its events may arrive late."""
    return json.loads(read_text(spark, f"{checkpoint}/{MAX_AGES}") or "{}")


def forget_batches(spark: SparkSession, checkpoint: str, before: int) -> None:
    """Remove what was kept of batches with smaller numbers: Spark has noted them as done, and tries none again."""
    folder = f"{checkpoint}/kept/batches"
    for name in file_names(spark, folder):
        if int(name.split(".")[0]) < before:
            remove(spark, f"{folder}/{name}")


def name_of(pack: Pack) -> str:
    """What a pack is kept by. Its hash alone does not do: packs that differ only in their rules' number share it."""
    return f"{pack.hash}-{digest(_text_of(pack))}"


def has_pack(spark: SparkSession, checkpoint: str, name: str) -> bool:
    """Whether the pack of that name is there as it was written; a torn one is none, and is written anew."""
    try:
        text = whole_text(spark, checkpoint, _pack_file(name))
    except BrokenCheckpoint:
        return False
    return text is not None and name.endswith(f"-{digest(text)}")


def keep_pack(spark: SparkSession, checkpoint: str, pack: Pack) -> None:
    """Keep the pack's texts under its name, once, so that a retry can be judged by the same rules."""
    if not has_pack(spark, checkpoint, name_of(pack)):
        # there may be a torn one
        replace_text(spark, _pack_path(checkpoint, name_of(pack)), _text_of(pack))


def kept_pack(spark: SparkSession, checkpoint: str, name: str) -> Pack:
    """The pack of that name as it was kept; FileNotFoundError names the file that should hold it."""
    path = _pack_path(checkpoint, name)
    text = read_text(spark, path)
    if text is None:
        raise FileNotFoundError(f"{path}: the pack of an unfinished batch is gone")
    return pack_from_files(json.loads(text))


def _text_of(pack: Pack) -> str:
    return json.dumps(dict(pack.files))


def digest(text: str) -> str:
    """What tells a text from others, in eight letters."""
    return sha256(text.encode()).hexdigest()[:8]


def _batch_path(checkpoint: str, batch_id: int, what: str) -> str:
    return f"{checkpoint}/{_batch_file(batch_id, what)}"


def _batch_file(batch_id: int, what: str) -> str:
    return f"kept/batches/{batch_id}.{what}.json"


def _pack_path(checkpoint: str, name: str) -> str:
    return f"{checkpoint}/{_pack_file(name)}"


def _pack_file(name: str) -> str:
    return f"kept/packs/{name}.json"
