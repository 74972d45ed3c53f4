"""What failed is told in a line, and what storage does is told from what a message does."""

import errno
import os
import signal

import pytest
from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException

from spark_jobs.failure import blames_storage, root_line, user_message

FROM_PYTHON = """\
An exception was raised by the Python Proxy. Return Message: Traceback (most recent call last):
  File "scorer.py", line 61, in _run
    poison = culprits(raw, batch.scores_of, failure)
weir.error.WeirError: 9 messages fail alone and fewer succeed, so the fault is elsewhere: out of memory
 SQLSTATE: 39000
"""
FROM_JAVA = """\
py4j.protocol.Py4JJavaError: An error occurred while calling o1815.save.
: org.apache.hadoop.fs.FSError: java.io.IOException: No space left on device
\tat org.apache.hadoop.fs.RawLocalFileSystem.write(RawLocalFileSystem.java:549)
Caused by: java.io.IOException: No space left on device
\t... 38 more
"""


def killed(batches):
    """What a message does that its Python worker does not survive."""
    os.kill(os.getpid(), signal.SIGKILL)
    yield from batches


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (
            FROM_PYTHON,
            "9 messages fail alone and fewer succeed, so the fault is elsewhere: out of memory",
        ),
        (FROM_JAVA, "No space left on device"),
        ("Path does not exist: /a. SQLSTATE: 42K03", "Path does not exist: /a."),
    ],
)
def test_a_failure_comes_down_to_the_line_that_says_why(text, line):
    assert root_line(RuntimeError(text)) == line


def test_a_file_that_java_cannot_open_is_the_fault_of_storage(spark):
    with pytest.raises(Py4JJavaError) as failure:
        spark._jvm.java.io.FileInputStream("/nowhere/at/all")
    assert blames_storage(failure.value)
    assert user_message(failure.value) == "/nowhere/at/all (No such file or directory)"


@pytest.mark.parametrize(
    "what", ["select raise_error('x')", "select assert_true(false)", "select * from nowhere"]
)
def test_what_a_query_cannot_compute_is_not(spark, what):
    with pytest.raises(PySparkException) as failure:
        spark.sql(what).collect()
    assert not blames_storage(failure.value)


def test_a_worker_that_a_message_kills_is_not(spark):
    with pytest.raises((PySparkException, Py4JJavaError)) as failure:
        spark.range(1).mapInArrow(killed, "id long").collect()
    assert not blames_storage(failure.value)


def test_a_full_disk_is_named_with_what_is_free(home):
    line = user_message(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
    assert line
    assert "bytes are free" in line


def test_what_an_object_store_or_a_disk_says_is_told_as_it_says_it():
    line = "When reading information for key 'lake' in bucket 'b': AWS Error ACCESS_DENIED"
    assert user_message(OSError(line)) == line


def test_a_fault_of_the_program_is_not_put_into_a_line():
    assert user_message(KeyError("a")) is None
