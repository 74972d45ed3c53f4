"""`weir sql` with a mistake in it."""


def test_a_query_with_a_mistake_is_told_without_a_traceback(sample_home, weir):
    ended = weir("sql", "select evnt_id from decisions")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.startswith('error: Binder Error: Referenced column "evnt_id" not found')
    assert "event_id" in ended.err
    assert "Traceback" not in ended.err
