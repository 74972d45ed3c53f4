"""The actions' colours are one, and told apart by everybody."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from dashboards.palette import ACTIONS, CATEGORIES, QUIET, action_colour, known_first

# Machado, Oliveira, Fernandes 2009: what eyes without one kind of cone see, on linear RGB
SIGHTS = {
    "all cones": np.eye(3),
    "no long cones": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "no middle cones": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.01182, 0.04294, 0.968881],
    ],
    "no short cones": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.3039],
    ],
}
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
WHITE = TO_XYZ.sum(axis=1)
FAR_APART = 20  # CIE76 distance; 2.3 is just noticeable


def lab(colour: str, sight: str) -> np.ndarray:
    """'#rrggbb' -> CIE L*a*b* as these eyes see it."""
    encoded = np.array([int(colour[place : place + 2], 16) for place in (1, 3, 5)]) / 255
    linear = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    ratios = TO_XYZ @ np.clip(np.array(SIGHTS[sight]) @ linear, 0, 1) / WHITE
    x, y, z = np.where(ratios > 0.008856, np.cbrt(ratios), 7.787 * ratios + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("sight", SIGHTS)
def test_actions_are_told_apart_by_these_eyes(sight):
    colours = [lab(colour, sight) for colour in ACTIONS.values()]
    for place, one in enumerate(colours):
        for other in colours[place + 1 :]:
            assert np.linalg.norm(one - other) > FAR_APART


def test_a_harder_action_is_darker():
    lightness = [lab(colour, "all cones")[0] for colour in ACTIONS.values()]
    assert all(milder > harder for milder, harder in pairwise(lightness))


def test_no_category_wears_an_actions_colour():
    assert not set(CATEGORIES) & set(ACTIONS.values())


def test_an_action_that_a_pack_made_up_is_grey_and_comes_last():
    assert action_colour("escalate") == QUIET
    assert known_first(["escalate", "block", "allow"]) == ["allow", "block", "escalate"]
