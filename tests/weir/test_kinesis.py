"""Who sends to Kinesis and who reads it find it by the same variables."""

import pytest

from weir.kinesis import kinesis_client, stream_argument


@pytest.fixture
def aws(monkeypatch, tmp_path):
    """Nothing of this machine's own settings."""
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    return monkeypatch


@pytest.mark.parametrize("variable", ["AWS_REGION", "AWS_DEFAULT_REGION"])
def test_either_variable_alone_says_the_region(aws, variable):
    aws.setenv(variable, "eu-west-1")
    assert kinesis_client().meta.region_name == "eu-west-1"


def test_a_region_and_an_endpoint_that_are_given_go_before_the_environments(aws):
    aws.setenv("AWS_REGION", "eu-west-1")
    meta = kinesis_client("us-east-2", "http://kinesis:4567").meta
    assert (meta.region_name, meta.endpoint_url) == ("us-east-2", "http://kinesis:4567")


def test_a_stream_is_meant_by_its_name_or_its_arn():
    arn = "arn:aws:kinesis:eu-west-1:123456789012:stream/events"
    assert stream_argument("events") == {"StreamName": "events"}
    assert stream_argument(arn) == {"StreamARN": arn}
