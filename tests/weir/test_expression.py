"""An expression means the same on Spark and DuckDB, fails on no row, and a wrong one is refused in words."""

import json
import math
import random
from datetime import datetime
from decimal import Decimal

import duckdb
import pytest
from pyspark.sql import functions as F

from weir.expression import ExpressionError, parse_condition, parse_expression
from weir.sql_function import FUNCTIONS
from weir.sql_term import sql_type

COLUMNS = {
    "a": "bigint",
    "b": "bigint",
    "d": "decimal(20,4)",
    "e": "decimal(20,4)",
    "v": "decimal(38,0)",
    "w": "decimal(38,0)",
    "x": "double",
    "y": "double",
    "s": "string",
    "u": "string",
    "p": "boolean",
    "q": "boolean",
    "t": "timestamp",
    "m": "map<string,string>",
}
D = Decimal
MOST = 2**63 - 1
NINES = D("9" * 38)
WIDE = D("12345678901234567890123456789012345678")
ROWS = [
    (None,) * 14,
    (0, 0, D(0), D(0), D(0), D(0), 0.0, -0.0, "", "", True, False, datetime(2024, 1, 1), {}),
    (1, 2, D("1.5"), D("-2.25"), D(10**31), D(3), 1.5, 2.5, "abc", "b", True, True,
     datetime(2024, 2, 29, 23, 59, 59, 999999), {"k": "v"}),
    (MOST, -1, D("9999999999999999.9999"), D("9999999999999999.9999"), NINES, NINES, 1e308, 1e308, "ABC_%",
     "%", False, True, datetime(1969, 12, 31, 23, 59, 59, 500000), {"k": None}),
    (-MOST - 1, -1, D("-9999999999999999.9999"), D("0.0001"), NINES.copy_negate(), D(7), math.inf, -math.inf,
     "a\\b'c\"d\n", "\n", False, False, datetime(2024, 12, 31, 0, 30), {"": "e", "k": "a.b@c.d"}),
    (-7, 3, D("-7.5"), D("2"), D(-7), D(3), -7.5, 2.0, "  12 ", "12", None, True, datetime(2000, 1, 1, 12),
     {"k": "12"}),
    (7, -3, D("0.0001"), D("3"), D(5), D(0), 1.005, 0.1, "123", "é", True, None,
     datetime(2026, 6, 15, 5, 6, 7, 123456), None),
    (MOST // 2 + 1, 2, D("100"), D("0.1"), D(2**100), D(10**20), 0.00005, 1e-7, "-1.50", "😀a", False, None,
     datetime(2024, 1, 7), {"k": ""}),
    (3037000500, 3037000500, D("33.3333"), D("3.3333"), D("123456789012345678901234567890"), D(98765),
     123456789.123456789, 1 / 3, "1e3", "x@y.z", None, None, datetime(2024, 1, 8), {"a": "b"}),
    (-3037000500, 3037000500, D("50"), D("-0.5"), D(9), D(4), math.nan, 1.0, "NaN", "Straße ΑΣ İ", True, True,
     datetime(2023, 3, 1), {"k": "z"}),
    (5, None, None, D(1), None, D(1), 9.223372036854775807e18, -9.3e18, "9223372036854775808",
     "99999999999999999999.55555", None, False, None, None),
    (None, 5, D(1), None, D(1), None, 4503599627370497.5, 2.675, "1_000", " a\t", False, None,
     datetime(2100, 1, 1), {"k": "é"}),
    (2, 1, D("2.5"), D("0.5"), WIDE.copy_negate(), WIDE, 0.000049999, -0.00005, "x", "y", False, None,
     datetime(2100, 1, 1), {"k": "é"}),
    (2, 1, D("2.5"), D("0.5"), WIDE, D(-1), 0.00015, -99999.999995, "x", "y", False, None, None, None),
    (None, None, None, None, None, None, None, None, "\u00a0a\u3000", " \u20031\u00a0 ", None, None, None,
     {"k": "\u00a07"}),
]  # fmt: skip

ARITHMETIC = """
    a + b; a - b; a * b; a / b; a % b; -a; -d; -v; -x; d + e; d - e; d * e; d / e; d % e; v + w; v - w
    v * w; v / w; v % w; x + y; x - y; x * y; x / y; x % y; a + d; a * d; a % d; a * v; d * v; d + v
    a + x; d * x; v * x; d % 100; d * 1.5; d * 0.12345678; a + 1; a * 2; v * (a - 1); 10 * v >= 8 * w
    d * d * d; a / 0; d / 0; x / 0; a % 0; d % 0; x % 0.0; 1 / 0 > 5; v % 0; -9223372036854775808 - 1
    7 / 2; -7 % 3; null + a
"""
COMPARISONS = """
    a = b; a == b; a <> b; a != b; a < b; a <= d; d = e; d > a; v > a; v > d; v >= w; x = y; x > y
    x > a; x < d; x >= v; s = u; s < u; p = q; a <=> b; d <=> e; x <=> y; s <=> u; p <=> q
    a is distinct from b; a is not distinct from b; t > timestamp '2024-01-01'
    t = timestamp '2024-01-01T01:00:00+01:00'; a > 1.5; v > 1.5; x > 1.5; v > 2.5
    a > 9223372036854775808; a = -9223372036854775808; x = 1e308; v >= 9000000000; d = -7.5; s > 'ABC'
    null = a; a between 1 and 7; a not between 1 and 7; d between a and e; x between 1 and y
    s between 'a' and 'b'; a in (1, 7, null); a not in (1, 7); d in (1.5, 100); s in ('abc', '123')
    s not in ('abc', u); a in (1.5, 7)
"""
LOGIC = """
    p and q; p or q; not p; not p and q; p is true; p is not true; p is false; a is null; a is not null
    m is null; null and p; p or null; not null; null is null; (a > 1) = p; !p
    case when a > 1 then 'x' when a < 0 then s else u end; case a when 1 then d when 7 then 2.5 end
    case when p then a else x end; case when p then a else v end; case when x > 1 then null else a end
"""
CALLS = """
    if(p, d, e); if(a > 1, a, null); coalesce(a, b); coalesce(d, a, 0); coalesce(x, a); ifnull(s, u)
    nvl(p, q); nullif(a, b); nullif(a, d); isnull(s); isnotnull(s); greatest(a, b); least(a, b)
    greatest(d, a); least(x, a); greatest(x, y); least(x, y); greatest(v, w); greatest(s, u)
    least(s, u); greatest(d, e, 1.5); greatest(p, q); lower(s); lower(u); trim(s); trim(u); length(s)
    length(u); left(s, 2); left(u, 1); right(s, 2); right(u, 3); substring(s, 2, 2); substring(u, 1, 1)
    instr(s, 'b'); instr(u, 'a'); contains(s, u); startswith(s, u); startswith(s, 'a'); endswith(s, u)
    replace(s, 'b', u); replace(u, 'a', ''); split_part(s, 'b', 1); split_part(s, 'b', 5)
    split_part(u, '@', 2); concat(s, u); concat(s, '-', u); concat(s); s || u; abs(a); abs(d); abs(x)
    abs(v); floor(x); floor(y); floor(d); floor(a); ceil(x); ceil(y); ceil(d); floor(a / b); round(x)
    round(x, 2); round(y, 2); round(d, 2); round(d); round(a, 2); round(x, 9); round(v)
    round(x * 100, 1); sqrt(a); sqrt(x); sqrt(d); ln(a); ln(x); ln(d); ln(v); log10(a); log10(d)
    log10(x); mod(a, b); try_mod(d, e); try_divide(a, b); try_add(a, b); try_subtract(a, b)
    try_multiply(a, b); year(t); month(t); day(t); dayofweek(t); weekday(t); hour(t); minute(t)
    unix_seconds(t); unix_millis(t); unix_micros(t); year(cast(t as date)); dayofweek(cast(t as date))
    cast(t as date) = date '2024-01-01'; m['k']; element_at(m, 'k'); try_element_at(m, s); m[''] = 'e'
    cast(m['k'] as bigint); m['k'] is null
"""
CASTS = """
    cast(s as bigint); cast(u as bigint); cast(s as double); cast(u as double); cast(s as decimal(10,2))
    cast(u as decimal(38,2)); cast(u as decimal(20,0)); cast(a as double); cast(a as decimal(10,2))
    cast(d as double); cast(v as double); cast(w as double); cast(v as decimal(20,4))
    cast(d as decimal(10,2)); cast(d as bigint); cast(e as bigint); cast(v as bigint); cast(x as bigint)
    cast(y as bigint); cast(x as decimal(20,4)); cast(y as decimal(20,8)); cast(x as decimal(38,2))
    cast(p as bigint); cast(a as string); cast(p as string); cast(t as string); cast(null as string)
    cast(t as date); cast('12' as bigint); try_cast(s as double); cast('1.005' as decimal(10,2))
    cast(2.5 as bigint); cast(-2.5 as decimal(5,0))
"""
PATTERNS = [
    "s like 'a%'", "s like '%\\\\_%'", "s like '_b_'", "s not like '%b%'", "s like ''",
    r"s like r'%\\%'", "u like '_a'", "u like '%ß%'", "s like '%\\n'", "s rlike '^abc$'",
    "s rlike 'b.c'", r"s rlike r'^\d+$'", r"s rlike r'\bc'", r"u rlike r'\ba'", r"u rlike r'\b'",
    r"u rlike r'\B'", r"u rlike r'\w'", "s rlike '(?i)^aBc'", "u rlike '(?i)STRASSE'",
    "u rlike '(?i)straße'", "u rlike '(?i)ας'", r"u rlike r'^\s'", r"u rlike r'\S\s\S'", "s rlike '$'",
    "s rlike '\"d$'", "s rlike '[^a-c]'", "u rlike '^.a$'", "u rlike '[é😀]'", "s rlike 'a|1'",
    "s rlike '(ab?c)+'", "s rlike '(?:a|1)[0-9]{1,2}'", "rlike(s, '[.]')", r"regexp_like(s, r'\.')",
    "s not rlike 'a'", r"s rlike r'[\s]'", r"s rlike r'\\b'", "s regexp 'b'",
]  # fmt: skip
EVERYTHING = [
    text.strip()
    for group in (ARITHMETIC, COMPARISONS, LOGIC, CALLS, CASTS)
    for line in group.strip().splitlines()
    for text in line.split(";")
] + PATTERNS


def on_spark(spark, sources, rows):
    expressions = [parse_expression(source, COLUMNS) for source in sources]
    schema = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
    frame = spark.createDataFrame([(at, *row) for at, row in enumerate(rows)], f"at int, {schema}").coalesce(
        1
    )
    columns = [F.expr(expression.spark).alias(f"c{at}") for at, expression in enumerate(expressions)]
    found = [row[1:] for row in sorted(frame.select("at", *columns).collect())]
    return [dict(zip(sources, row, strict=True)) for row in found]


def on_duckdb(sources, rows):
    kinds = [sql_type(kind).duckdb for kind in COLUMNS.values()]
    columns = ", ".join(f"{name} {kind}" for name, kind in zip(COLUMNS, kinds, strict=True))
    texts = ", ".join(parse_expression(source, COLUMNS).duckdb for source in sources)
    cells = ["?::json::map(varchar, varchar)" if "map" in kind else f"?::{kind}" for kind in kinds]
    with duckdb.connect() as connection:
        connection.execute(f"create table events (place int, {columns})")
        for place, row in enumerate(rows):
            values = [json.dumps(value) if isinstance(value, dict) else value for value in row]
            connection.execute(f"insert into events values ({place}, {', '.join(cells)})", values)
        found = connection.execute(f"select {texts} from events order by place").fetchall()
    return [dict(zip(sources, row, strict=True)) for row in found]


def differences(spark, sources, rows):
    """(expression, row, on Spark, on DuckDB) wherever the two differ; NaN is NaN."""
    pairs = zip(rows, on_spark(spark, sources, rows), on_duckdb(sources, rows), strict=True)
    return [
        (source, row, left[source], right[source])
        for row, left, right in pairs
        for source in sources
        if repr(left[source]) != repr(right[source]) and left[source] != right[source]
    ]


def random_rows(count, seed=7):
    """Numbers of every size that nobody thought of."""
    draw = random.Random(seed)

    def whole(digits):
        return draw.choice((1, -1)) * draw.randrange(10 ** draw.randint(1, digits))

    return [
        (
            *(whole(18), whole(2), Decimal(whole(19)).scaleb(-4), Decimal(whole(6)).scaleb(-4)),
            *(Decimal(whole(38)), Decimal(whole(10)), whole(9) * 10 ** draw.uniform(-20, 6), whole(6) / 1000),
            *[None] * 6,
        )
        for _ in range(count)
    ]


def test_every_expression_answers_alike_on_spark_and_duckdb(spark):
    assert differences(spark, EVERYTHING, ROWS + random_rows(100)) == []


def test_a_comparison_with_a_number_that_is_too_big_is_null_on_both(spark):
    """An engine's optimizer may compare what is inside a cast, and forget that the cast itself is null."""
    numbers = [source for source in EVERYTHING if parse_expression(source, COLUMNS).type.is_number]
    assert differences(spark, [f"({source}) > 1" for source in numbers] + numbers, ROWS) == []


def test_every_allowed_function_is_among_them():
    called = {name for name in FUNCTIONS if any(f"{name}(" in source for source in EVERYTHING)}
    assert called == set(FUNCTIONS)


ANSWERS = {
    "10 / 0 > 5": None,
    "a / 0 > 5 or a = 1": True,
    "9223372036854775807 + a > 0": None,
    "d % 0 = 0": None,
    "7 / 2 = 3.5": True,
    "10 * v > 9 * v": True,
    "cast('12 ' as bigint) = 12": None,
    "cast('1_000' as bigint) = 1000": None,
    "floor(a / 3) = 0": True,
    "round(1.005, 2) = 1.01": True,
    "a > null": None,
    "null <=> null": True,
    r"s rlike r'^a.c$'": True,
    "m['k'] = 'v' and m['absent'] is null": True,
    "hour(t) = 23 and dayofweek(t) = 5 and weekday(t) = 3": True,
    "unix_seconds(t) = 1709251199": True,
}


def test_a_condition_gives_what_is_written_beside_it(spark):
    row = ROWS[2:3]
    assert on_duckdb([*ANSWERS], row) == on_spark(spark, [*ANSWERS], row) == [ANSWERS]


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("amont > 5", r"unknown column 'amont'; did you mean 'amount'\?"),
        ("lowr(s) = 'x'", r"unknown function 'lowr'; did you mean 'lower'\?"),
        ("java_method('a', 'b') = 's'", "unknown function 'java_method'; write one of coalesce, "),
        ("count(*) > 1", "unknown function 'count'"),
        ("sum(a) over (partition by s) > 1", "unknown function 'sum'"),
        ("kind = 'paymnt'", r"kind is never 'paymnt'; did you mean 'payment'\?"),
        ("kind in ('login', 'logn')", r"kind is never 'logn'; did you mean 'login'\?"),
        ("s = 5", r"= needs values of one type, not s \(string\) and 5 \(bigint\)"),
        ("t > '2024-01-01'", r"not t \(timestamp\) and '2024-01-01' \(string\)"),
        ("t - t > 1", r"- needs numbers, not t \(timestamp\); compare unix_seconds"),
        ("s + 1 > 2", r"\+ needs numbers, not s \(string\); cast\(s as double\)"),
        ("a", "'a' is bigint, not true or false"),
        ("a and p", r"and needs a condition, not a \(bigint\)"),
        ("a > (select 1)", "has no place in an expression"),
        ("a in (select 1)", "query is not supported"),
        ("exists (select 1)", "unknown function 'exists'"),
        ("select 1", "has no place"),
        ("a > 1; drop table events", "should be one expression"),
        ("a > 1 -- always", "a comment in SQL is lost"),
        ("a > 1 /* ; */", "a comment in SQL is lost"),
        ("a > 1 as more", "has no place"),
        ("a >", "is not a SQL expression: it fails at '>', character"),
        ("a > 'unclosed", "ends inside a quote"),
        ("", "should be one expression; write one"),
        ("current_timestamp > t", "has no place"),
        ("{a} > 1", "has no place"),
        ("cast(a as int) > 1", "no cast to int; write bigint"),
        ("cast(s as timestamp) > t", r"no cast from s \(string\) to timestamp"),
        ("t > timestamp 'yesterday'", "timestamp 'yesterday' is none"),
        ("t > timestamp '0001-01-01T00:00:00+14:00'", "is none; write timestamp"),
        ("a > 1" + " + 1" * 5000, "is too long or nested too deep"),
        (r"s rlike '\d+'", r"SQL reads \\d without its \\; write \\\\d"),
        ("s rlike '(?=a)'", "rlike '"),
        ("s rlike '(a'", "missing"),
        (r"s rlike r'(a)\1'", "not in every engine's regular expressions"),
        ("s rlike 'a++'", "not in every engine's regular expressions"),
        ("s rlike u", r"needs a pattern written out, not u \(string\)"),
        ("a like '1%'", r"like needs text on its left, not a \(bigint\)"),
        ("a[0] > 1", r"a \(bigint\) is not a map"),
        ("m = m", "m .* is a map; compare one entry: m\\['key'\\]"),
        ("left(s, 0) = ''", "left takes a whole number from 1"),
        ("round(x, a) > 1", "round takes a number and how many decimals"),
        ("lower(a) = '1'", r"lower takes string, not a \(bigint\)"),
        ("greatest(a) > 1", "greatest takes two arguments or more"),
        ("if(a, 1, 2) > 1", "if takes a condition and two values"),
        ("a between symmetric 1 and 2", "symmetric is not supported"),
        ("123456789012345678901234567890123456789 > a", "over 38 digits"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_mend(condition, message):
    columns = COLUMNS | {"amount": "decimal(20,4)", "kind": "string"}
    with pytest.raises(ExpressionError, match=message):
        parse_condition(condition, columns, {"kind": ("payment", "login")})


def test_an_expression_knows_what_it_reads_and_gives():
    expression = parse_expression("d + a * 2", COLUMNS)
    assert (expression.columns, expression.type.spark) == ({"a", "d"}, "decimal(24,4)")
