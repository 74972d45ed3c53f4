from dbt_project.parse import compile_redshift, mistakes


def test_every_model_compiles_for_redshift_without_a_database_and_parses(tmp_path):
    models = compile_redshift(tmp_path)
    assert {"decisions", "stg_payments", "wallets_daily"} <= {model.stem for model in models}
    assert mistakes(models) == {}


def test_a_mistake_is_told_with_the_model_it_is_in(tmp_path):
    for name, text in {
        "good": "select 1 as one",
        "bad": "select from where",
        "two": "select 1; select 2",
    }.items():
        (tmp_path / f"{name}.sql").write_text(text)
    assert set(mistakes(sorted(tmp_path.glob("*.sql")))) == {"bad", "two"}
