"""A simulated list is whole, so it may become as short as the traffic that needs it."""

import dagster as dg

from orchestration.defs.automation import demo_config
from orchestration.defs.lake import reference
from orchestration.defs.messages import Traffic
from orchestration.spark import Spark
from spark_jobs.lake import read_table
from weir.settings import settings

LIST = "service_addresses"


def test_a_smaller_demo_after_a_larger_one_shortens_the_list(spark, home):
    (asset,) = (one for one in reference if one.key.path == ["reference", LIST])
    for count in (9, 2):
        config = demo_config(Traffic())["ops"][f"reference__{LIST}"]["config"]
        file = home / f"{LIST}.jsonl"
        file.write_text("".join(f'{{"value": "0x{number:040x}"}}\n' for number in range(count)))
        run = dg.materialize(
            [asset],
            resources={"spark": Spark()},
            run_config={"ops": {f"reference__{LIST}": {"config": config | {"file": str(file)}}}},
        )
        assert run.success
    listed = read_table(spark, settings().table("reference", LIST)).where("delisted_at is null")
    assert listed.count() == 2
