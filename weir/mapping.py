"""A mapping file -> expressions that turn a foreign row's top-level fields into the contract's columns."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

import sqlglot
from sqlglot import TokenType, exp
from sqlglot.dialects.dialect import Dialect
from sqlglot.errors import SqlglotError

from weir.contract import Contract
from weir.located import Located, Mistake, PackError, closest, locate
from weir.value import cleaned

SPARK = Dialect.get_or_raise("spark")
WORD = re.compile(r"\w+")
FORMATS = ("json", "csv", "parquet")
# how Spark writes a row as JSON: by default it cuts times to milliseconds
AS_JSON = {
    "timestampFormat": "yyyy-MM-dd'T'HH:mm:ss.SSSSSSXXX",
    "timestampNTZFormat": "yyyy-MM-dd'T'HH:mm:ss.SSSSSS",
}


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# deterministic and, with ANSI mode off, null rather than an error on a bad value
FUNCTIONS = _words(
    """
    abs ceil floor round greatest least int double string cast try_cast hex unhex md5 sha1 sha2 try_add
    try_subtract try_multiply try_divide try_mod coalesce if ifnull isnull isnotnull nullif nvl nvl2
    concat concat_ws contains startswith endswith initcap instr left right length lower upper lpad rpad
    ltrim rtrim trim replace translate reverse substr substring substring_index regexp_extract
    regexp_replace get_json_object to_json array map named_struct struct date_format date_trunc
    from_unixtime timestamp timestamp_micros timestamp_millis to_date to_timestamp try_to_timestamp
    unix_timestamp to_utc_timestamp year month dayofmonth hour minute second
    """
)
_SYNTAX = _words(
    "and or not in when then else between like rlike is as case end interval decimal varchar char"
)
# what Spark reads without parentheses, too
_AROUND = (exp.CurrentTimestamp, exp.CurrentDate, exp.CurrentUser)
_TRY = {
    exp.Add: "try_add",
    exp.Sub: "try_subtract",
    exp.Mul: "try_multiply",
    exp.Div: "try_divide",
    exp.Mod: "try_mod",
}


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """(contract column, Spark SQL over the fields) pairs.

    `schema` is the DDL of a Parquet input; all other fields are strings, nested ones as JSON.
    """

    columns: tuple[tuple[str, str], ...]
    format: str | None = None
    schema: str | None = None

    @property
    def body(self) -> str:
        """All that is needed to read old raw rows again, as JSON."""
        return json.dumps(
            {"format": self.format, "columns": dict(self.columns), "schema": self.schema}, ensure_ascii=False
        )

    @property
    def hash(self) -> str:
        """Sixteen hex digits of the body's SHA-256: what raw rows name the mapping by."""
        return hashlib.sha256(self.body.encode()).hexdigest()[:16]

    @property
    def inputs(self) -> tuple[str, ...]:
        """The top-level fields that the expressions read, each once, as first written."""
        first_written: dict[str, str] = {}
        for _, sql in self.columns:
            for column in _parsed(sql).find_all(exp.Column):
                first_written.setdefault(_root(column).lower(), _root(column))
        return tuple(first_written.values())

    @property
    def expressions(self) -> dict[str, str]:
        """Contract column -> SQL over the struct `_input`, in which a bad value gives null."""
        return {name: _safe(sql) for name, sql in self.columns}


def load_mapping(text: str, file: str, contract: Contract) -> ColumnMapping:
    """The text of a mapping file -> ColumnMapping; raises PackError with every mistake and its mend."""
    mistakes: list[Mistake] = []
    root = locate(text, file, mistakes)
    fields = root.fields(("columns",), ("format",)) if root else {}
    format_ = fields["format"].one_of(FORMATS) if "format" in fields else None
    columns = (
        tuple(_column(key, value, contract) for key, value in fields["columns"].entries())
        if "columns" in fields
        else ()
    )
    mapped = {name for name, _ in columns}
    for column in contract.columns:
        if "columns" in fields and column.required and column.name not in mapped:
            fields["columns"].refuse(f"{column.name} is required; write '{column.name}: <expression>'")
    if mistakes:
        raise PackError(sorted(mistakes))
    return ColumnMapping(columns, format_)


def read_mapping(body: str) -> ColumnMapping:
    """The body kept in mapping/<domain> -> ColumnMapping."""
    kept = json.loads(body)
    return ColumnMapping(tuple(kept["columns"].items()), kept["format"], kept["schema"])


def with_schema(
    mapping: ColumnMapping, schema: str, names: Iterable[str], file: str = "mapping"
) -> ColumnMapping:
    """A mapping for Parquet input of this DDL; raises PackError when it reads a field not in `names`."""
    known = list(names)
    lowered = {name.lower() for name in known}
    missing = [name for name in mapping.inputs if name.lower() not in lowered]
    if missing:
        raise PackError(
            Mistake(file, 1, f"the input has no field '{name}'{closest(name, known)}") for name in missing
        )
    return replace(mapping, format="parquet", schema=schema)


def texts_of_mapping(mapping: ColumnMapping, contract: Contract, types: Mapping[str, str]) -> dict[str, str]:
    """Contract column -> SQL of its text; `types` are the Spark types that the mapping's expressions give."""
    expressions = mapping.expressions
    return {
        column.name: cleaned(column, _as_text(expressions[column.name], types[column.name]))
        if column.name in expressions
        else "cast(null as string)"
        for column in contract.columns
    }


def _as_text(sql: str, type_: str) -> str:
    if type_.startswith(("struct", "map", "array")):
        return f"to_json({sql})"
    if type_ in ("double", "float"):
        # pandas writes NaN where a value is missing; the text is the shortest that gives the same double
        return f"cast(nullif({sql}, double('NaN')) as string)"
    if type_ == "date":
        return f"cast(cast({sql} as timestamp) as string)"
    return f"lower(hex({sql}))" if type_ == "binary" else f"cast({sql} as string)"


def _column(key: Located, value: Located, contract: Contract) -> tuple[str, str]:
    names = [column.name for column in contract.columns]
    name, sql = key.text(), value.text("an expression")
    if name and name not in names:
        key.refuse(f"'{name}' is not a column of {contract.domain}{closest(name, names)}")
    fault = _fault(sql) if sql else None
    if fault:
        value.refuse(fault)
    return name, sql


def _fault(sql: str) -> str | None:
    """Why an expression is refused, None when it is not."""
    try:
        tree = _parsed(sql)
    except SqlglotError as error:
        return f"cannot read {sql!r} as Spark SQL: {str(error).splitlines()[0]}"
    if tree.find(exp.Query, exp.AggFunc, exp.Window, exp.Lambda, exp.Star):
        return f"{sql!r} looks beyond its row; write an expression over one row's fields"
    if tree.find(*_AROUND):
        return f"{sql!r} is not the row's: sent again, it would be another event; write an expression over its fields"
    unknown = [name for name in _called(sql) if name.lower() not in FUNCTIONS | _SYNTAX]
    if unknown:
        mend = closest(unknown[0].lower(), sorted(FUNCTIONS), "docs/mappings.md")
        return f"function {unknown[0]} is not known here{mend}"
    return None


def _called(sql: str) -> list[str]:
    """Every word before a parenthesis, by tokens: a parenthesis in a text or in a quoted name is none."""
    return [
        token.text
        for token, after in pairwise(SPARK.tokenize(sql))
        if after.token_type == TokenType.L_PAREN
        # a function's name may be in backquotes, too
        and (token.token_type == TokenType.IDENTIFIER or WORD.fullmatch(sql[token.start : token.end + 1]))
    ]


def _parsed(sql: str) -> exp.Expr:
    return sqlglot.parse_one(sql, read=SPARK)


def _safe(sql: str) -> str:
    tree = exp.Paren(this=_parsed(sql))
    # the innermost first: what is replaced is not looked into again
    for node in reversed(list(tree.bfs())):
        safe = _rewritten(node)
        if safe is not node:
            node.replace(safe)
    return tree.this.sql(dialect="spark")


def _rewritten(node: exp.Expr) -> exp.Expr:
    if isinstance(node, exp.Column):
        parts = [
            exp.to_identifier("_input"),
            *(exp.to_identifier(part.name, quoted=True) for part in node.parts),
        ]
        return exp.Dot.build(parts)
    if isinstance(node, exp.Cast) and not node.args.get("safe"):
        return exp.TryCast(this=node.this, to=node.to, safe=True)
    if type(node) in _TRY:
        return exp.Anonymous(this=_TRY[type(node)], expressions=[node.this, node.expression])
    return node


def _root(column: exp.Column) -> str:
    return column.parts[0].name
