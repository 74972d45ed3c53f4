"""Small files beside a checkpoint, on whatever file system Spark knows."""

from __future__ import annotations

from typing import Any

from pyspark.sql import SparkSession

from spark_jobs.session import java_class


def read_text(spark: SparkSession, path: str) -> str | None:
    """A small text file -> its text, or None when it is not there."""
    files, place = _file_system(spark, path)
    if not files.exists(place):
        return None
    stream = files.open(place)
    try:
        return bytes(java_class(spark, "org.apache.commons.io.IOUtils").toByteArray(stream)).decode()
    finally:
        stream.close()


def write_text(spark: SparkSession, path: str, text: str) -> None:
    """Write a new small text file whole or not at all: a reader never meets half of it. Raises OSError."""
    files, place = _file_system(spark, path)
    _, unfinished = _file_system(spark, f"{path}.unfinished")
    stream = files.create(unfinished, True)
    stream.write(bytearray(text.encode()))
    stream.close()
    if not files.rename(unfinished, place):
        raise OSError(f"{path}: what was written for it cannot be moved there from {path}.unfinished")


def replace_text(spark: SparkSession, path: str, text: str) -> None:
    """Write a small text file in place of one that may be there; a crash between leaves none."""
    remove(spark, path)
    write_text(spark, path, text)


def remove(spark: SparkSession, path: str) -> None:
    """Remove a file, if it is there, with the checksum that a local file system keeps beside it."""
    files, place = _file_system(spark, path)
    files.delete(place, False)


def file_names(spark: SparkSession, folder: str) -> list[str]:
    """A folder -> the names in it, none when it is not there."""
    files, place = _file_system(spark, folder)
    return [status.getPath().getName() for status in files.listStatus(place)] if files.exists(place) else []


def _file_system(spark: SparkSession, path: str) -> tuple[Any, Any]:
    context: Any = spark._jsc
    place = java_class(spark, "org.apache.hadoop.fs.Path")(path)
    return place.getFileSystem(context.hadoopConfiguration()), place
