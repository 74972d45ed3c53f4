import re
from pathlib import Path

import pytest

from weir.warehouse import sql

PAGE = Path(__file__).resolve().parents[2] / "docs" / "queries.md"
QUERIES = dict(re.findall(r"^## (.+?)\n.*?```sql\n(.+?)```", PAGE.read_text(), re.MULTILINE | re.DOTALL))


@pytest.mark.parametrize("question", QUERIES)
def test_a_query_of_the_page_answers_on_the_sample(question, sample_home):
    answer = sql(QUERIES[question])
    assert answer.rows
    assert len(set(answer.columns)) == len(answer.columns)


def test_every_mart_is_on_the_page(sample_home):
    marts = sql("select table_name from duckdb_tables() where database_name = 'marts'").rows
    assert [name for (name,) in marts if f"`{name}`" not in PAGE.read_text()] == []
