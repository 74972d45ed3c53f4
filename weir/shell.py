"""Commands as someone can paste them into a shell, whatever an id holds."""

from __future__ import annotations

from shlex import quote


def explain_command(domain: str, event_id: str) -> str:
    """('payments', 'pay 1') -> "weir explain payments 'pay 1'"; behind `--` an id may begin with a dash."""
    end_of_options = "-- " if event_id.startswith("-") else ""
    return f"weir explain {end_of_options}{domain} {quote(event_id)}"
