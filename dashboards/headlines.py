"""What a chart says, in one line: its title, made from the rows that it draws."""

from __future__ import annotations

from datetime import timedelta

import pandas as pd

from dashboards import words


def decisions(rows: pd.DataFrame, bucket: timedelta) -> str:
    """bucket, action, decisions -> when the most were not simply allowed."""
    stopped = rows[rows["action"] != "allow"].groupby("bucket")["decisions"].sum()
    if stopped.empty:
        return f"All {words.counted(rows['decisions'].sum(), 'decision')} were to allow"
    at = words.moment(pd.Timestamp(str(stopped.idxmax())))
    return f"Most checks and blocks at {at}: {words.count(stopped.max())} in {words.length(bucket)}"


def shares(rows: pd.DataFrame) -> str:
    """action, decisions -> how many were allowed."""
    allowed = rows.loc[rows["action"] == "allow", "decisions"].sum()
    return f"{words.rate(allowed / rows['decisions'].sum())} were allowed"


def rules(rows: pd.DataFrame) -> str:
    """rule, hits (most first) -> the first of them."""
    return f"{rows['rule'].iloc[0]} hit most often"


def attacks(rows: pd.DataFrame) -> str:
    """events, missed of each labelled attack -> the part that was not allowed."""
    events, missed = rows["events"].sum(), rows["missed"].sum()
    return f"{words.rate(1 - missed / events)} of {words.counted(events, 'attack event')} caught"


def offenders(rows: pd.DataFrame) -> str:
    """offender, score_total (most first) -> the first of them."""
    return f"{words.shortened(rows['offender'].iloc[0])} gathered the most points"


def found(rows: pd.DataFrame, most: int) -> str:
    """One row a decision, at most that many -> how many there are."""
    return (
        words.counted(len(rows), "decision")
        if len(rows) < most
        else f"The newest {words.count(most)} decisions"
    )


def reasons(rows: pd.DataFrame, score: int, action: str) -> str:
    """rule, points of one event -> how its score came about."""
    hits = (rows["rule"] != "cap").sum()
    return (
        f"{words.counted(hits, 'rule')} hit: {score} points, so {action}"
        if hits
        else f"No rule hit, so {action}"
    )


def subject_history(rows: pd.DataFrame, subject: str) -> str:
    """One row a decision -> how many there were about this subject and how many were not simply allowed."""
    stopped = (rows["action"] != "allow").sum()
    who = words.shortened(subject)
    return f"{words.counted(len(rows), 'decision')} about {who}, {words.count(stopped)} not allowed"


def sharing(rows: pd.DataFrame, most: int) -> str:
    """One row a subject, at most that many, with its alerts -> how many they are and how many alerted."""
    others = words.counted(len(rows), "other") if len(rows) < most else f"{words.count(most)} or more others"
    return f"{others} on this address or device, {words.count((rows['alerts'] > 0).sum())} with alerts"


def lag(rows: pd.DataFrame) -> str:
    """lag_seconds_p50, lag_seconds_max, decisions -> the typical bucket's median and the slowest of all."""
    median = words.seconds(rows["lag_seconds_p50"].median())
    return f"Scored {median} after they came; the slowest took {words.seconds(rows['lag_seconds_max'].max())}"


def received(rows: pd.DataFrame) -> str:
    """event_type, received -> how many, and mostly what."""
    by_type = rows.groupby("event_type")["received"].sum()
    share = words.rate(by_type.max() / by_type.sum())
    return f"{words.counted(by_type.sum(), 'message part')}, {share} of them {by_type.idxmax()}"


def invalid(rows: pd.DataFrame) -> str:
    """received, invalid -> their ratio."""
    received, invalid = rows["received"].sum(), rows["invalid"].sum()
    return f"{words.rate(words.ratio(invalid, received))} were invalid"


def quarantine(rows: pd.DataFrame) -> str:
    """reason, parts -> how many, and mostly why."""
    by_reason = rows.groupby("reason")["parts"].sum()
    return f"{words.counted(by_reason.sum(), 'part')} quarantined, most for {by_reason.idxmax()}"


def open_quarantine(rows: pd.DataFrame) -> str:
    """reason, parts, open (most open first) -> how many wait for a repair, and mostly why."""
    waiting, parts = rows["open"].sum(), words.counted(rows["parts"].sum(), "quarantined part")
    if not waiting:
        return f"None of {parts} waits for a repair"
    return f"{words.count(waiting)} of {parts} open, most for {rows['reason'].iloc[0]}"


def samples(rows: pd.DataFrame, most: int) -> str:
    """One row a part, at most that many -> how many are shown."""
    return (
        words.counted(len(rows), "sample") if len(rows) < most else f"The newest {words.count(most)} samples"
    )


def checks(rows: pd.DataFrame) -> str:
    """result of each check -> how many failed, and how many warn."""
    failed, warnings = (rows["result"] == "failed").sum(), (rows["result"] == "warning").sum()
    checked = words.counted(len(rows), "check")
    if not failed and not warnings:
        return f"All {checked} passed"
    text = f"{words.count(failed) if failed else 'None'} of {checked} failed"
    return f"{text}, {words.counted(warnings, 'warning')}" if warnings else text
