"""Where things are: the WEIR_* variables that all parts share, in one class."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

PACKAGED_DOMAINS = Path(__file__).resolve().parent.parent / "domains"
HOME, MEMORY = Path(".weir"), "4g"
# a batch that pauses is no matter: this collector leaves the cores to the work
JAVA_OPTIONS = "-XX:+UseParallelGC"


class Settings(BaseSettings):
    """The WEIR_* variables -> paths of everything Weir reads and writes, and what a Spark on this machine is given."""

    model_config = SettingsConfigDict(env_prefix="WEIR_", extra="ignore")

    home: Path = Field(
        default=HOME, description=f"the folder of all that is not set apart below; `{HOME}` unless set"
    )
    lake: str | None = Field(
        default=None,
        description="the Delta tables: a folder, or `s3a://bucket/lake`; `lake` in the home unless set",
    )
    checkpoints: str | None = Field(
        default=None, description="the streams' checkpoints, likewise; `checkpoints` in the home unless set"
    )
    domains: Path = Field(
        default=PACKAGED_DOMAINS, description="the folder of the packs; those that come with Weir unless set"
    )
    spark_memory: str = Field(
        default=MEMORY, description=f"memory of a Spark on this machine; `{MEMORY}` unless set"
    )
    spark_java_options: str = Field(
        default=JAVA_OPTIONS, description=f"options of its Java; `{JAVA_OPTIONS}` unless set"
    )

    @property
    def root(self) -> Path:
        """The home as an absolute path: child processes run in other folders."""
        return self.home.expanduser().resolve()

    @property
    def marts(self) -> Path:
        """Published marts: <version>/warehouse.duckdb and the pointer `current`."""
        return self.root / "marts"

    @property
    def dagster_home(self) -> Path:
        return self.root / "dagster"

    @property
    def docs(self) -> Path:
        """Data Docs of the quality checks."""
        return self.root / "data_docs"

    def table(self, zone: str, name: str) -> str:
        """('raw', 'payments') -> path or URI of that Delta table."""
        return f"{_location(self.lake, self.root / 'lake')}/{zone}/{name}"

    def checkpoint(self, query: str) -> str:
        """'scored/payments' -> path or URI of that query's checkpoint."""
        return f"{_location(self.checkpoints, self.root / 'checkpoints')}/{query}"

    def lease(self, what: str) -> str:
        """'payments' -> where all that write to the lake can see who does."""
        return self.table("leases", what)


def settings() -> Settings:
    """The settings of this moment: read anew each time, so that a test may change the environment."""
    return Settings()


def markdown() -> str:
    """The variables as a Markdown table."""
    rows = (
        f"| `WEIR_{name.upper()}` | {field.description} |" for name, field in Settings.model_fields.items()
    )
    return "\n".join(("| variable | what |", "|---|---|", *rows))


def _location(chosen: str | None, default: Path) -> str:
    if chosen is None:
        return str(default)
    return chosen.rstrip("/") if "://" in chosen else str(Path(chosen).expanduser().resolve())
