"""Rules over rows: score, action and reasons as layers of native expressions."""

from __future__ import annotations

from functools import lru_cache

from spark_jobs.layers import Layer, Transform, with_layers
from weir.judgement import Judgement, judgements
from weir.pack import Pack
from weir.rule import CAP, HIGHEST_SCORE, Ruleset
from weir.score import CAP_TEXT

HIT = "struct<rule:string,points:int,text:string>"
HITS, SUM = "__hits", "__sum"


@lru_cache(maxsize=16)
def with_decision(pack: Pack) -> Transform:
    """Rows with the pack's columns -> the same with `score` int, `action` string and
    `reasons` array<struct<rule string, points int, text string>>, which add up to the score.

    A rule whose `when` or points are null does not fire.
    """
    # hits are a column of their own so that they are found once: score and reasons both need them
    decided = {
        "score": f"least({SUM}, {HIGHEST_SCORE})",
        "action": action(pack.ruleset, SUM),
        "reasons": reasons(HITS, SUM),
    }
    found = Layer({HITS: hits(judgements(pack))})
    return with_layers([found, Layer({SUM: points(HITS)}), Layer(decided), Layer(without=[HITS, SUM])])


def hits(rules: tuple[Judgement, ...]) -> str:
    """Rules -> SQL of the array of those that fire, each with its points and text, in the ruleset's order."""
    each = "".join(f", {hit(rule)}" for rule in rules)
    return f"array_compact(array(cast(null as {HIT}){each}))"


def hit(rule: Judgement) -> str:
    """A rule -> SQL of its hit, null where it does not fire."""
    fields = f"'{rule.rule}' as rule, {rule.points.spark} as points, {rule.text.spark} as text"
    return f"if({rule.fires.spark}, cast(struct({fields}) as {HIT}), null)"


def points(hits: str) -> str:
    """Hits -> SQL of the sum of their points, 0 when there are none."""
    return f"aggregate({hits}, 0, (total, hit) -> total + hit.points)"


def action(ruleset: Ruleset, points: str) -> str:
    """Points -> SQL of the action of the band they are in."""
    bands = "".join(f" when {points} >= {lowest} then '{name}'" for name, lowest in reversed(ruleset.bands))
    return f"case{bands} end" if bands else "cast(null as string)"


def reasons(hits: str, points: str) -> str:
    """Hits and their sum -> SQL of the hits, behind them a negative `cap` where the sum is over the highest."""
    cap = f"struct('{CAP}' as rule, {HIGHEST_SCORE} - {points} as points, '{CAP_TEXT}' as text)"
    return f"if({points} > {HIGHEST_SCORE}, concat({hits}, array(cast({cap} as {HIT}))), {hits})"
