"""WEIR_KAFKA_* reach a Kafka client under the names it knows."""

from __future__ import annotations

import pytest

from weir.error import WeirError
from weir.kafka import client_settings, java_settings

LOGIN = {"sasl.mechanism": "SCRAM-SHA-512", "sasl.username": "weir", "sasl.password": 'a"b\\c'}


def test_a_variable_is_named_like_its_setting():
    environment = {
        "WEIR_KAFKA_BOOTSTRAP_SERVERS": "a:1,b:2",
        "WEIR_KAFKA_SECURITY_PROTOCOL": "SSL",
        "WEIR_HOME": "x",
    }
    assert client_settings(environment) == {"bootstrap.servers": "a:1,b:2", "security.protocol": "SSL"}


def test_without_servers_the_variable_to_set_is_named():
    with pytest.raises(WeirError, match="WEIR_KAFKA_BOOTSTRAP_SERVERS is not set"):
        client_settings({})


def test_what_java_calls_the_same_stays():
    settings = {
        "bootstrap.servers": "a:1",
        "sasl.jaas.config": "own",
        "ssl.truststore.location": "/trust.jks",
    }
    assert java_settings(settings) == settings


def test_a_user_and_password_become_a_login_module_in_which_nothing_breaks_out():
    translated = java_settings(LOGIN)
    assert translated["sasl.mechanism"] == "SCRAM-SHA-512"
    assert translated["sasl.jaas.config"] == (
        "org.apache.kafka.common.security.scram.ScramLoginModule required"
        ' username="weir" password="a\\"b\\\\c";'
    )
    assert set(translated) == {"sasl.mechanism", "sasl.jaas.config"}


def test_a_mechanism_without_user_names_is_refused_with_its_mend():
    with pytest.raises(WeirError, match=r"SASL_MECHANISM=GSSAPI.*SASL_JAAS_CONFIG"):
        java_settings({**LOGIN, "sasl.mechanism": "GSSAPI"})


def test_pem_files_become_stores(tmp_path):
    for name in ("ca", "certificate", "key"):
        (tmp_path / name).write_text(f"pem of the {name}")
    files = {f"ssl.{name}.location": str(tmp_path / name) for name in ("ca", "certificate", "key")}
    assert java_settings(files) == {
        "ssl.truststore.type": "PEM",
        "ssl.truststore.certificates": "pem of the ca",
        "ssl.keystore.type": "PEM",
        "ssl.keystore.certificate.chain": "pem of the certificate",
        "ssl.keystore.key": "pem of the key",
    }


def test_a_key_that_is_not_there_is_named(tmp_path):
    (tmp_path / "certificate").write_text("pem")
    files = {"ssl.certificate.location": str(tmp_path / "certificate"), "ssl.key.location": "/nowhere"}
    with pytest.raises(WeirError, match="WEIR_KAFKA_SSL_KEY_LOCATION=/nowhere"):
        java_settings(files)
