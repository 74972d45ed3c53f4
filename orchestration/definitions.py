"""The Dagster code location: all of orchestration/defs. Loading it needs no network and no Spark."""

from pathlib import Path

import dagster as dg

from orchestration.spark import Spark

defs = dg.Definitions.merge(
    dg.load_from_defs_folder(path_within_project=Path(__file__).parent / "defs"),
    dg.Definitions(
        resources={"spark": Spark()},
        # one process per run, so one Spark session for all its assets
        executor=dg.in_process_executor,
    ),
)
