"""Colours with a meaning, the same on every page; told apart by lightness too."""

from __future__ import annotations

from collections.abc import Iterable

# from the mildest to the hardest: each is darker than the one before
ACTIONS = {"allow": "#a9c4d6", "verify": "#ecb83f", "challenge": "#d35f26", "block": "#96173f"}
MISSED = "#c9ced6"
ACCENT = "#14597a"
QUIET = "#8a94a3"
BAD = "#b3261e"
# for what has no meaning of its own, such as event types: none of the actions' hues
CATEGORIES = ("#14597a", "#56a5c9", "#009e73", "#9a86c7", "#6f7d8c", "#c7b299", "#3d4a5c", "#b5d3c5")


def action_colour(action: str) -> str:
    """An action -> its colour; one that a pack made up is grey."""
    return ACTIONS.get(action, QUIET)


def known_first(actions: Iterable[str]) -> list[str]:
    """Actions -> the same, from the mildest to the hardest; made-up ones last."""
    given = set(actions)
    return [*(action for action in ACTIONS if action in given), *sorted(given - ACTIONS.keys())]
