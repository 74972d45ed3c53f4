"""Words that Redshift takes as a name only in double quotes, and where a model has one without them.

The words are AWS's own: https://docs.aws.amazon.com/redshift/latest/dg/r_pg_keywords.html
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import sqlglot
from sqlglot import exp

WORDS = """
    aes128 aes256 all allowoverwrite analyse analyze and any array as asc authorization az64 backup between binary
    blanksasnull both bytedict bzip2 case cast check collate column constraint create credentials cross current_date
    current_time current_timestamp current_user current_user_id default deferrable deflate defrag delta delta32k desc
    disable distinct do else emptyasnull enable encode encrypt encryption end except explicit false for foreign freeze
    from full globaldict256 globaldict64k grant group gzip having identity ignore ilike in initially inner intersect
    interval into is isnull join leading left like limit localtime localtimestamp lun luns lzo lzop minus mostly16
    mostly32 mostly8 natural new not notnull null nulls off offline offset oid old on only open or order outer overlaps
    parallel partition percent permissions pivot placing primary raw readratio recover references rejectlog resort
    respect restore right select session_user similar snapshot some sysdate system table tag tdes text255 text32k then
    timestamp to top trailing true truncatecolumns union unique unnest unpivot user using verbose wallet when where
    with without
"""
RESERVED = frozenset(WORDS.split())


def unquoted_names(models: list[Path]) -> dict[str, str]:
    """Compiled models that parse -> the name of each that has reserved words as bare names, and which."""
    found = {model.stem: _bare(model.read_text()) for model in models}
    return {name: _told(words) for name, words in found.items() if words}


def unquoted_columns(manifest: Path) -> dict[str, str]:
    """dbt's manifest.json -> the same of the contracts: a table is made of their names, which no query shows."""
    nodes = json.loads(manifest.read_text())["nodes"].values()
    found = {node["name"]: _bare_columns(node) for node in nodes if node["resource_type"] == "model"}
    return {name: _told(words) for name, words in found.items() if words}


def _bare(sql: str) -> set[str]:
    names = [
        name
        for statement in sqlglot.parse(sql, read="redshift")
        if statement
        for name in statement.find_all(exp.Identifier)
    ]
    return {name.name.lower() for name in names if not name.quoted} & RESERVED


def _bare_columns(model: dict[str, Any]) -> set[str]:
    return {name.lower() for name, column in model["columns"].items() if not column["quote"]} & RESERVED


def _told(words: set[str]) -> str:
    return f"reserved in Redshift and not quoted: {', '.join(sorted(words))}"
