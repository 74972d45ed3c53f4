"""Small files beside a checkpoint, local or s3a://, for code that runs outside Spark's Java."""

from __future__ import annotations

from dataclasses import dataclass

from pyarrow import fs

from weir.s3 import file_system


@dataclass(frozen=True, slots=True)
class Store:
    """A folder of small text files; one is written whole or not at all."""

    files: fs.FileSystem
    folder: str

    @classmethod
    def at(cls, location: str) -> Store:
        """A path or URI, which need not exist yet -> the store there."""
        return cls(*file_system(location))

    def names(self, folder: str = "") -> list[str]:
        """The names of the files in this folder or one below it, sorted."""
        selector = fs.FileSelector(f"{self.folder}/{folder}".rstrip("/"), allow_not_found=True)
        return sorted(info.base_name for info in self.files.get_file_info(selector) if info.is_file)

    def read(self, name: str) -> str:
        with self.files.open_input_stream(f"{self.folder}/{name}") as stream:
            return stream.read().decode()

    def remove(self, name: str) -> None:
        self.files.delete_file(f"{self.folder}/{name}")

    def write(self, name: str, text: str) -> None:
        path = f"{self.folder}/{name}"
        parent, _, base = path.rpartition("/")
        self.files.create_dir(parent)
        # a rename is at once; on S3 a file appears only when it is complete, but a rename would copy it
        unfinished = f"{parent}/.{base}.tmp" if isinstance(self.files, fs.LocalFileSystem) else path
        with self.files.open_output_stream(unfinished) as stream:
            stream.write(text.encode())
        if unfinished != path:
            self.files.move(unfinished, path)
