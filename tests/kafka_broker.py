"""A real Kafka broker on this machine, without Docker: for the tests, and as `make kafka`."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from confluent_kafka import KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewPartitions, NewTopic

from spark_jobs.jars import resolve
from spark_jobs.session import find_java
from tests.certificates import Certificates, self_signed
from tests.started import free_port, wait_until

JARS = Path(__file__).with_name("kafka_broker.jars").read_text().split()
USER, PASSWORD = "weir", "s3cret-of-the-tests"
# 16 bytes in base64; a random one that begins with "-" is taken for an option
CLUSTER = "weir-of-the-tests-000A"
# small and quick to start: one of it serves all tests, beside a Spark
JAVA_OPTIONS = ("-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
PROPERTIES = """
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{plain},SASL_SSL://127.0.0.1:{secure},CONTROLLER://127.0.0.1:{controller}
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL,CONTROLLER:PLAINTEXT
sasl.enabled.mechanisms=PLAIN
listener.name.sasl_ssl.plain.sasl.jaas.config={login} user_{user}="{password}";
ssl.keystore.type=PEM
ssl.keystore.location={keystore}
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
group.initial.rebalance.delay.ms=0
log.dirs={logs}
"""
LOGIN = "org.apache.kafka.common.security.plain.PlainLoginModule required"


@dataclass(slots=True)
class Broker:
    """A broker in a folder of its own; it keeps ports and messages when it is stopped and started again."""

    folder: Path
    plain: int
    secure: int
    certificates: Certificates
    jars: str
    process: subprocess.Popen[bytes] | None = field(default=None)

    @property
    def servers(self) -> str:
        """Where clients find it in plain text."""
        return f"127.0.0.1:{self.plain}"

    @property
    def secure_servers(self) -> str:
        """Where they find it by SASL over TLS."""
        return f"127.0.0.1:{self.secure}"

    @property
    def admin(self) -> AdminClient:
        """A client of it, to be held as long as an answer is awaited."""
        return AdminClient({"bootstrap.servers": self.servers})

    @property
    def _log(self) -> Path:
        return self.folder / "log"

    def start(self) -> None:
        """Start it and wait until it answers."""
        self.process = self._java("kafka.Kafka", str(self.folder / "server.properties"))
        try:
            wait_until(self._answers, self.process)
        except RuntimeError:
            self.stop(signal.SIGKILL)
            raise RuntimeError(f"the broker does not start: {self._log.read_text()[-2000:]}") from None

    def stop(self, kind: int = signal.SIGTERM) -> None:
        """Stop it and wait until it has gone; SIGKILL is a crash."""
        if self.process:
            self.process.send_signal(kind)
            self.process.wait()
            self.process = None

    def create_topic(self, topic: str, partitions: int = 3, **config: str) -> None:
        new = NewTopic(
            topic, partitions, 1, config={key.replace("_", "."): value for key, value in config.items()}
        )
        admin = self.admin
        admin.create_topics([new])[topic].result()

    def delete_topic(self, topic: str) -> None:
        """Remove a topic and what it holds; returns when it is gone."""
        admin = self.admin
        admin.delete_topics([topic])[topic].result()
        while topic in admin.list_topics(timeout=10).topics:
            time.sleep(0.1)

    def grow_topic(self, topic: str, partitions: int) -> None:
        """Give a topic more partitions; `partitions` is the new total."""
        admin = self.admin
        admin.create_partitions([NewPartitions(topic, partitions)])[topic].result()

    def expire(self, topic: str, partition: int, before: int) -> None:
        """Remove a partition's messages up to an offset, as retention does."""
        admin = self.admin
        for removed in admin.delete_records([TopicPartition(topic, partition, before)]).values():
            removed.result()

    def _answers(self) -> bool:
        with closing(socket.socket()) as probe:
            if probe.connect_ex(("127.0.0.1", self.plain)):
                return False
        try:
            return bool(self.admin.list_topics(timeout=2).brokers)
        except KafkaException:
            return False

    def _java(self, *arguments: str) -> subprocess.Popen[bytes]:
        command = [str(find_java()), *JAVA_OPTIONS, "-cp", self.jars, *arguments]
        with self._log.open("ab") as log:
            return subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, start_new_session=True)

    def format(self) -> None:
        """Prepare its folder, once."""
        properties = str(self.folder / "server.properties")
        formatted = self._java("kafka.tools.StorageTool", "format", "-t", CLUSTER, "-c", properties)
        if formatted.wait():
            raise RuntimeError(self._log.read_text()[-2000:])


@contextmanager
def broker(folder: Path, port: int | None = None) -> Iterator[Broker]:
    """A broker that runs while the block does. port: of the plain text, a free one unless given."""
    plain, secure, controller = port or free_port(), free_port(), free_port()
    certificates = self_signed(folder, "127.0.0.1")
    text = PROPERTIES.format(
        plain=plain,
        secure=secure,
        controller=controller,
        login=LOGIN,
        user=USER,
        password=PASSWORD,
        keystore=certificates.keystore,
        logs=folder / "logs",
    )
    (folder / "server.properties").write_text(text)
    served = Broker(folder, plain, secure, certificates, os.pathsep.join(resolve(tuple(JARS))))
    served.format()
    served.start()
    try:
        yield served
    finally:
        served.stop()


if __name__ == "__main__":
    with TemporaryDirectory() as place, broker(Path(place), port=9092) as running:
        running.create_topic("payments")
        print(f"WEIR_KAFKA_BOOTSTRAP_SERVERS={running.servers}; topic payments; Ctrl-C ends it", flush=True)
        try:
            signal.pause()
        except KeyboardInterrupt:
            sys.exit()
