"""`make soak`: kill the stream of payments 200 times, or as often as is said, and count what was lost or doubled."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from domains.simulation import simulate
from spark_jobs.jars import KAFKA
from spark_jobs.session import spark_session
from tests.kafka_broker import broker
from tests.killed_stream import RATE, Victim, suffer
from tests.started import SHORT_LIVED_JAVA

# messages enough for lives of so many seconds
LONGEST_LIFE = 60


def main(kills: int) -> int:
    """-> the exit code: 0 when nothing was lost or doubled and the books balance."""
    with TemporaryDirectory() as place, broker(Path(place)) as running:
        os.environ.update(
            WEIR_HOME=place,
            WEIR_KAFKA_BOOTSTRAP_SERVERS=running.servers,
            WEIR_SPARK_JAVA_OPTIONS=SHORT_LIVED_JAVA,
        )
        running.create_topic("payments", partitions=3)
        messages = simulate("payments", kills * LONGEST_LIFE * RATE, seed=11).messages()
        torn, toll = suffer(spark_session("soak", KAFKA), Victim("payments"), kills, messages, seed=0)
    print(f"{kills} kills, {torn} of them within a batch; {toll}")
    return 0 if toll.is_nothing else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 200))
