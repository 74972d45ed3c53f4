"""Messages -> a Kinesis stream, each counted once, a key's in one shard."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from domains.simulation import Message
from weir.error import WeirError
from weir.kinesis import kinesis_client, stream_argument

# what one PutRecords takes everywhere
MOST, MOST_BYTES = 500, 5 * 1024 * 1024
# seconds after which a batch that is not full is sent all the same, when its messages come slowly
LINGER = 1.0
# seconds before each try to send what shards have refused; it begins anew whenever they have taken something
PAUSES = (0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0, 5.0)


@dataclass(slots=True)
class _Stream:
    """A stream by its name or ARN, and how many messages it has taken."""

    client: Any
    name: str
    taken: int = 0

    def put(self, batch: list[Message]) -> None:
        """Send a batch until all of it is taken; WeirError when shards take nothing any more."""
        records = [{"Data": message.body, "PartitionKey": message.key} for message in batch]
        fruitless = 0
        while records:
            refused, why = self._call(records)
            fruitless = fruitless + 1 if len(refused) == len(records) else 0
            if fruitless > len(PAUSES):
                raise self.failed(why)
            if refused:
                time.sleep(PAUSES[max(fruitless - 1, 0)])
            records = refused

    def failed(self, why: str) -> WeirError:
        return WeirError(f"kinesis:{self.name}: {why.rstrip('.')}; {self.taken} messages were taken before")

    def _call(self, records: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], str]:
        """Records -> those that were refused, and why the last of them was."""
        answers = self.client.put_records(Records=records, **stream_argument(self.name))["Records"]
        refused = [
            (record, f"{answer['ErrorCode']}: {answer.get('ErrorMessage', '')}")
            for record, answer in zip(records, answers, strict=True)
            if "ErrorCode" in answer
        ]
        self.taken += len(records) - len(refused)
        return [record for record, _ in refused], refused[-1][1] if refused else ""


def send_to_kinesis(name: str, messages: Iterable[Message]) -> int:
    """Send messages to a stream (its name or ARN), their shard chosen by `key` -> how many it took, which is all.

    What a full shard refuses is sent again, behind what it took meanwhile. As with every sender to Kinesis, one
    whose answer was lost arrives twice. Raises WeirError with how many were taken. AWS_* say where the stream is.
    """
    stream = _Stream(None, name)
    try:
        stream.client = kinesis_client()
        for batch in batches(messages):
            stream.put(batch)
    except (BotoCoreError, ClientError) as error:
        raise WeirError(
            f"{stream.failed(str(error))}; check the name, the region and the AWS credentials"
        ) from error
    return stream.taken


def batches(messages: Iterable[Message]) -> Iterator[list[Message]]:
    """Messages -> the same in order, as many together as one call takes or as have come within LINGER."""
    batch: list[Message] = []
    size, began = 0, 0.0
    for message in messages:
        bytes_more = len(message.key.encode()) + len(message.body)
        is_full = len(batch) == MOST or size + bytes_more > MOST_BYTES
        if batch and (is_full or time.monotonic() - began > LINGER):
            yield batch
            batch, size = [], 0
        if not batch:
            began = time.monotonic()
        batch.append(message)
        size += bytes_more
    if batch:
        yield batch
