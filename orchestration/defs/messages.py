"""Simulated traffic as assets: messages/<domain>, from which a laptop's lake is filled."""

from pathlib import Path
from typing import Any

import dagster as dg

from domains.simulation import simulate, write_simulation
from orchestration.defs.tables import count_table
from weir.pack import domains
from weir.settings import settings


class Traffic(dg.Config):
    """How much traffic to simulate; the same seed gives the same messages."""

    events: int = 20_000
    seed: int = 1
    attack_rate: float = 0.02


def traffic_folder(domain: str, traffic: Traffic) -> Path:
    """Where that traffic is written: a folder of its own, because files of a source must not change."""
    name = f"{traffic.events}-events-{traffic.attack_rate:g}-attacks-seed-{traffic.seed}"
    return settings().root / "simulated" / domain / name


def _messages(domain: str) -> dg.AssetsDefinition:
    @dg.asset(key=["messages", domain], group_name="messages", kinds={"jsonl"}, op_tags={"domain": domain})
    def simulated(config: Traffic) -> dg.MaterializeResult[Any]:
        """Labelled traffic of plausible customers, named attacks and faulty messages."""
        out = traffic_folder(domain, config)
        simulation = simulate(domain, config.events, config.seed, attack_rate=config.attack_rate)
        write_simulation(simulation, out)
        counts = simulation.counts()
        shown: dict[str, Any] = {name: count for name, count in counts.items() if isinstance(count, int)}
        attacks = count_table("attack", counts["attacks"])
        shown |= {"attacks": attacks, "folder": dg.MetadataValue.path(out)}
        return dg.MaterializeResult(metadata=shown)

    return simulated


def _is_simulated(domain: str) -> bool:
    return (settings().domains / domain / "simulate.py").exists()


SIMULATED = [domain for domain in domains() if _is_simulated(domain)]
messages = [_messages(domain) for domain in SIMULATED]
