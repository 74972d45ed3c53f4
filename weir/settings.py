"""Where things are: every WEIR_* variable, read once, in one class."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

PACKAGED_DOMAINS = Path(__file__).resolve().parent.parent / "domains"


class Settings(BaseSettings):
    """WEIR_HOME, WEIR_LAKE, WEIR_CHECKPOINTS, WEIR_DOMAINS -> paths of everything Weir reads and writes.

    A path may be a local folder or a URI such as `s3a://bucket/lake`.
    """

    model_config = SettingsConfigDict(env_prefix="WEIR_", extra="ignore")

    home: Path = Field(default=Path(".weir"), description="root of everything that is not set apart below")
    lake: str | None = Field(default=None, description="where the Delta tables are; default <home>/lake")
    checkpoints: str | None = Field(default=None, description="default <home>/checkpoints")
    domains: Path = Field(default=PACKAGED_DOMAINS, description="the folder that holds the domain packs")
    spark_memory: str = Field(default="4g", description="memory of a Spark that runs on this machine")
    # a batch that pauses is no matter: this collector leaves the cores to the work
    spark_java_options: str = Field(default="-XX:+UseParallelGC", description="options of its Java")

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


def _location(chosen: str | None, default: Path) -> str:
    if chosen is None:
        return str(default)
    return chosen.rstrip("/") if "://" in chosen else str(Path(chosen).expanduser().resolve())
