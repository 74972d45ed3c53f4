"""WEIR_KAFKA_* -> settings of Kafka clients: of librdkafka as they are, of Java with what it calls otherwise."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from weir.error import WeirError

PREFIX = "WEIR_KAFKA_"
SERVERS = "bootstrap.servers"
LOGIN_MODULES = {
    "PLAIN": "org.apache.kafka.common.security.plain.PlainLoginModule",
    "SCRAM-SHA-256": "org.apache.kafka.common.security.scram.ScramLoginModule",
    "SCRAM-SHA-512": "org.apache.kafka.common.security.scram.ScramLoginModule",
}


def client_settings(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """WEIR_KAFKA_SASL_MECHANISM=PLAIN -> {'sasl.mechanism': 'PLAIN'}, and so on for every one of them.

    Raises WeirError when WEIR_KAFKA_BOOTSTRAP_SERVERS is not among them. The values may be secrets.
    """
    named = {
        name.removeprefix(PREFIX): value for name, value in environment.items() if name.startswith(PREFIX)
    }
    settings = {name.lower().replace("_", "."): value for name, value in named.items()}
    if not settings.get(SERVERS):
        raise WeirError(f"{PREFIX}BOOTSTRAP_SERVERS is not set: say where Kafka is, such as localhost:9092")
    return settings


def java_settings(settings: Mapping[str, str]) -> dict[str, str]:
    """Client settings -> those of a Java client.

    sasl.username and sasl.password become sasl.jaas.config; ssl.ca.location, ssl.certificate.location and
    ssl.key.location (PEM files) become stores. What Java calls the same, or knows alone, stays as it is.
    """
    return {
        **{name: value for name, value in settings.items() if name not in TRANSLATED},
        **_login(settings),
        **_trusted(settings),
        **_own_certificate(settings),
    }


TRANSLATED = (
    "sasl.username",
    "sasl.password",
    "ssl.ca.location",
    "ssl.certificate.location",
    "ssl.key.location",
)


def _login(settings: Mapping[str, str]) -> dict[str, str]:
    if "sasl.username" not in settings:
        return {}
    mechanism = settings.get("sasl.mechanism", "PLAIN")
    if mechanism not in LOGIN_MODULES:
        known = ", ".join(LOGIN_MODULES)
        raise WeirError(
            f"{PREFIX}SASL_MECHANISM={mechanism}: a user name goes with {known}; else set SASL_JAAS_CONFIG"
        )
    user, password = (_quoted(settings.get(f"sasl.{name}", "")) for name in ("username", "password"))
    login = f"{LOGIN_MODULES[mechanism]} required username={user} password={password};"
    return {"sasl.mechanism": mechanism, "sasl.jaas.config": login}


def _trusted(settings: Mapping[str, str]) -> dict[str, str]:
    if "ssl.ca.location" not in settings:
        return {}
    # as text, for the machines of a cluster do not have the file
    return {
        "ssl.truststore.type": "PEM",
        "ssl.truststore.certificates": _content(settings, "ssl.ca.location"),
    }


def _own_certificate(settings: Mapping[str, str]) -> dict[str, str]:
    if "ssl.certificate.location" not in settings:
        return {}
    return {
        "ssl.keystore.type": "PEM",
        "ssl.keystore.certificate.chain": _content(settings, "ssl.certificate.location"),
        "ssl.keystore.key": _content(settings, "ssl.key.location"),
    }


def _content(settings: Mapping[str, str], name: str) -> str:
    try:
        return Path(settings[name]).read_text()
    except (KeyError, OSError) as error:
        variable = PREFIX + name.upper().replace(".", "_")
        raise WeirError(f"{variable}={settings.get(name, '')}: name a PEM file that can be read") from error


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
