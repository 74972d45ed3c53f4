"""Rules over rows: score, action and reasons as native expressions."""

from __future__ import annotations

from collections.abc import Callable

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from weir.judgement import Judgement, judgements
from weir.pack import Pack
from weir.rule import CAP, HIGHEST_SCORE, Ruleset
from weir.score import CAP_TEXT

HIT = "struct<rule:string,points:int,text:string>"
HITS, SUM = "__hits", "__sum"


def with_decision(pack: Pack) -> Callable[[DataFrame], DataFrame]:
    """Rows with the pack's columns -> the same with `score` int, `action` string and
    `reasons` array<struct<rule string, points int, text string>>, which add up to the score.

    A rule whose `when` or points are null does not fire.
    """
    # the rules are read once, when the transform is made; hits are a column of their own so that they, too,
    # are found once: score and reasons both need them
    hits = hits_column(judgements(pack))

    def transform(events: DataFrame) -> DataFrame:
        return (
            events.withColumn(HITS, hits)
            .withColumn(SUM, points_column(F.col(HITS)))
            .withColumns(
                {
                    "score": F.least(F.col(SUM), F.lit(HIGHEST_SCORE)),
                    "action": action_column(pack.ruleset, F.col(SUM)),
                    "reasons": reasons_column(F.col(HITS), F.col(SUM)),
                }
            )
            .drop(HITS, SUM)
        )

    return transform


def hits_column(rules: tuple[Judgement, ...]) -> Column:
    """Rules -> array of the rules that fire, each with its points and text, in the ruleset's order."""
    return F.array_compact(F.array(F.lit(None).cast(HIT), *(hit_column(rule) for rule in rules)))


def hit_column(rule: Judgement) -> Column:
    """A rule -> its hit, null where it does not fire."""
    hit = F.struct(
        F.lit(rule.rule).alias("rule"),
        F.expr(rule.points.spark).alias("points"),
        F.expr(rule.text.spark).alias("text"),
    )
    return F.when(F.expr(rule.fires.spark), hit.cast(HIT))


def points_column(hits: Column) -> Column:
    """Hits -> the sum of their points, 0 when there are none."""
    return F.aggregate(hits, F.lit(0), lambda total, hit: total + hit["points"])


def action_column(ruleset: Ruleset, score: Column) -> Column:
    """Points -> the action of the band they are in."""
    action = F.lit(None).cast("string")
    for name, lowest in ruleset.bands:
        action = F.when(score >= lowest, F.lit(name)).otherwise(action)
    return action


def reasons_column(hits: Column, points: Column) -> Column:
    """Hits and their sum -> the hits, behind them a negative `cap` where the sum is over the highest."""
    cap = F.struct(
        F.lit(CAP).alias("rule"), (HIGHEST_SCORE - points).alias("points"), F.lit(CAP_TEXT).alias("text")
    )
    return F.when(points > HIGHEST_SCORE, F.concat(hits, F.array(cap.cast(HIT)))).otherwise(hits)
