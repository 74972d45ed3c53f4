from pathlib import Path

import pytest
from pyarrow import fs

from weir.kinesis import kinesis_client
from weir.s3 import duckdb_secret, file_system, hadoop_settings, is_on_s3, s3_client, s3_uri

KEYS = {
    "AWS_ACCESS_KEY_ID": "weir",
    "AWS_SECRET_ACCESS_KEY": "it's secret",
    "AWS_EC2_METADATA_DISABLED": "true",
}


USUAL_KEYS = {
    "spark.hadoop.fs.s3a.aws.credentials.provider": "software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider"
}


@pytest.fixture
def aws(monkeypatch):
    """Nothing of this machine's own settings, and the keys."""
    for name in (
        "AWS_ENDPOINT_URL",
        "AWS_ENDPOINT_URL_S3",
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
        "AWS_SESSION_TOKEN",
    ):
        monkeypatch.delenv(name, raising=False)
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


@pytest.mark.parametrize("location", ["s3://weir/lake", "s3a://weir/lake", "s3n://weir/lake"])
def test_every_name_of_s3_is_one_place(location):
    assert s3_uri(location) == "s3://weir/lake"
    assert is_on_s3(location)


@pytest.mark.parametrize("location", ["/data/s3a/lake", "abfss://weir/lake"])
def test_what_is_elsewhere_keeps_its_name(location):
    assert s3_uri(location) == location
    assert not is_on_s3(location)


@pytest.mark.parametrize("written", [str, Path.as_uri], ids=["path", "uri"])
def test_a_folder_of_this_machine_is_one_by_its_uri_too(tmp_path, written):
    files, folder = file_system(written(tmp_path))
    assert isinstance(files, fs.LocalFileSystem)
    assert folder == str(tmp_path)


def test_amazon_is_found_without_being_told(aws):
    aws.setenv("AWS_REGION", "eu-central-1")
    assert hadoop_settings() == USUAL_KEYS
    assert duckdb_secret() == {"key_id": "weir", "secret": "it's secret", "region": "eu-central-1"}


@pytest.mark.parametrize("variable", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"])
def test_another_server_is_asked_by_path(aws, variable):
    aws.setenv(variable, "http://s3:7070")
    assert hadoop_settings() == USUAL_KEYS | {
        "spark.hadoop.fs.s3a.endpoint": "http://s3:7070",
        "spark.hadoop.fs.s3a.endpoint.region": "us-east-1",
        "spark.hadoop.fs.s3a.path.style.access": "true",
    }
    asked = {"endpoint": "s3:7070", "url_style": "path", "use_ssl": "false", "region": "us-east-1"}
    assert duckdb_secret() == {"key_id": "weir", "secret": "it's secret", **asked}


def test_a_secure_server_is_asked_securely(aws):
    aws.setenv("AWS_ENDPOINT_URL_S3", "https://s3.example.org")
    assert duckdb_secret()["use_ssl"] == "true"


@pytest.mark.parametrize("client", [s3_client, kinesis_client])
def test_a_client_has_the_keys_of_now(aws, client):
    aws.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    for key in ("weir", "rotated"):
        aws.setenv("AWS_ACCESS_KEY_ID", key)
        assert client()._request_signer._credentials.access_key == key
