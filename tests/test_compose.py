"""docker-compose.yml is held to what `make check`'s schema cannot say: pins, users, passwords, health."""

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES = COMPOSE["services"]
# what runs once and ends has no health, only an end
ONCE = {
    name
    for service in SERVICES.values()
    for name, needed in service.get("depends_on", {}).items()
    if needed["condition"] == "service_completed_successfully"
}
DOCKERFILES = {
    "Dockerfile": (ROOT / "Dockerfile").read_text(),
    **{
        name: service["build"]["dockerfile_inline"]
        for name, service in SERVICES.items()
        if "dockerfile_inline" in service.get("build", "")
    },
}
SECRET = re.compile(r"PASSWORD|SECRET|ACCESS_KEY")
VERSIONED = re.compile(r"[^:]+:v?\d+\.\d+[\w.-]*")


def _bases(dockerfile):
    return re.findall(r"^FROM (\S+)", dockerfile, re.MULTILINE)


@pytest.mark.parametrize("name", SERVICES)
def test_an_image_is_pinned_or_built_here(name):
    service = SERVICES[name]
    assert "build" in service or VERSIONED.fullmatch(service["image"])


@pytest.mark.parametrize("name", DOCKERFILES)
def test_what_is_built_here_starts_from_pinned_images(name):
    assert [image for image in _bases(DOCKERFILES[name]) if not VERSIONED.fullmatch(image)] == []


@pytest.mark.parametrize("name", SERVICES)
def test_nobody_is_root(name):
    service = SERVICES[name]
    assert service["user"].split(":")[0] not in ("root", "0")
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]


@pytest.mark.parametrize("name", DOCKERFILES)
def test_an_image_that_is_built_here_ends_as_a_user(name):
    users = re.findall(r"^USER (\S+)", DOCKERFILES[name], re.MULTILINE)
    assert users
    assert users[-1].split(":")[0] not in ("root", "0")


@pytest.mark.parametrize("name", sorted(SERVICES.keys() - ONCE))
def test_a_service_says_whether_it_is_well(name):
    assert SERVICES[name]["healthcheck"]["test"][0] == "CMD"


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_waits_for_what_it_needs_to_be_well(name):
    for needed, how in SERVICES[name].get("depends_on", {}).items():
        wanted = "service_completed_successfully" if needed in ONCE else "service_healthy"
        assert how["condition"] == wanted, f"{name} waits for {needed}"


@pytest.mark.parametrize("name", SERVICES)
def test_a_port_is_open_to_this_machine_only(name):
    assert [port for port in SERVICES[name].get("ports", []) if not port.startswith("127.0.0.1:")] == []


@pytest.mark.parametrize("name", SERVICES)
def test_a_secret_has_no_default(name):
    secrets = {
        key: value for key, value in SERVICES[name].get("environment", {}).items() if SECRET.search(key)
    }
    assert [key for key, value in secrets.items() if not re.fullmatch(r"\$\{\w+:\?[^}]+}", value)] == []


def test_the_example_names_every_secret_and_gives_none_a_value():
    required = set(re.findall(r"\$\{(\w+):\?", (ROOT / "docker-compose.yml").read_text()))
    lines = [line for line in (ROOT / ".env.example").read_text().splitlines() if not line.startswith("#")]
    assert {line.partition("=")[0] for line in lines} == required
    assert [line for line in lines if line.partition("=")[2]] == []


def test_a_folder_that_is_mounted_is_there():
    mounts = [mount for service in SERVICES.values() for mount in service.get("volumes", [])]
    assert [mount for mount in mounts if mount[0] == "." and not (ROOT / mount.split(":")[0]).exists()] == []


def test_a_volume_that_is_mounted_is_declared():
    mounts = {mount.split(":")[0] for service in SERVICES.values() for mount in service.get("volumes", [])}
    assert {name for name in mounts if name[0] != "."} == COMPOSE["volumes"].keys()
