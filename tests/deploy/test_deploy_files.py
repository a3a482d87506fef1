"""The examples under ``deploy/`` are what their own verifiers take, and name only what there is."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from orchestration.settings import REPOSITORY, Settings

DEPLOY = REPOSITORY / "deploy"
UNITS = sorted((DEPLOY / "systemd").iterdir())
BIN = Path(sys.executable).parent


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """The units as on a machine where likvard is installed: what they start is there."""
    folder = tmp_path / "units"
    folder.mkdir()
    for unit in UNITS:
        text = unit.read_text(encoding="utf-8").replace("/opt/likvard/deploy/", f"{DEPLOY}/")
        (folder / unit.name).write_text(text.replace("/opt/likvard/.venv/bin/", f"{BIN}/"))
    return folder


def verified(folder: Path) -> subprocess.CompletedProcess[str]:
    units = sorted(str(path) for path in folder.iterdir())
    command = ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", *units]
    return subprocess.run(command, capture_output=True, text=True, check=False)


needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze is not on this machine"
)


@needs_systemd
def test_the_units_are_what_systemd_takes(installed: Path):
    done = verified(installed)
    assert (done.returncode, done.stderr) == (0, "")


@needs_systemd
@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("ProtectSystem=strict", "ProtectSystm=strict"),
        ("ExecStart=/", "ExecStart=/nowhere/"),
        ("Type=exec", "Type=run"),
    ],
)
def test_a_unit_that_is_wrong_is_caught(installed: Path, right: str, wrong: str):
    unit = installed / "likvard-daemon.service"
    unit.write_text(unit.read_text().replace(right, wrong, 1))
    done = verified(installed)
    assert done.returncode or done.stderr


def test_every_service_is_hardened_and_writes_in_the_home_only():
    for unit in UNITS:
        if unit.suffix == ".service":
            text = unit.read_text(encoding="utf-8")
            account = "likvard-%i" if "@" in unit.name else "likvard"
            for line in (
                f"User={account}",
                f"Group={account}",
                "UMask=0027",
                "ProtectSystem=strict",
                "NoNewPrivileges=true",
            ):
                assert line in text.splitlines(), f"{unit.name} lacks {line}"
            (writes,) = re.findall(r"^ReadWritePaths=(.*)$", text, flags=re.M)
            home = ("/srv/likvard/%i",) if "@" in unit.name else ("/srv/likvard/", "/opt/likvard/dbt_project/target")
            assert all(path.startswith(home) for path in writes.split())


def test_every_timer_has_its_service():
    names = {unit.name for unit in UNITS}
    assert {name.replace(".timer", ".service") for name in names if name.endswith(".timer")} <= names


def compose_is_taken(path: Path) -> subprocess.CompletedProcess[str]:
    command = [str(BIN / "check-jsonschema"), "--builtin-schema", "vendor.compose-spec", str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_compose_file_keeps_the_compose_specification(tmp_path: Path):
    done = compose_is_taken(DEPLOY / "compose.yml")
    assert done.returncode == 0, done.stdout
    broken = tmp_path / "compose.yml"
    text = (DEPLOY / "compose.yml").read_text(encoding="utf-8")
    broken.write_text(text.replace("healthcheck:", "healtcheck:"))
    assert compose_is_taken(broken).returncode == 1


def test_the_compose_file_names_what_there_is():
    compose = yaml.safe_load((DEPLOY / "compose.yml").read_text(encoding="utf-8"))
    assert set(compose["services"]) == {"webserver", "daemon", "postgres"}
    for service in compose["services"].values():
        assert {each if isinstance(each, str) else each["source"] for each in service["secrets"]} <= set(
            compose["secrets"]
        )
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))
        build = service.get("build")
        if build is not None:
            assert (DEPLOY / build["context"] / build["dockerfile"]).is_file()
        for mount in service["volumes"]:
            source = mount.split(":")[0]
            assert source in compose["volumes"] or (DEPLOY / source).exists(), source


def test_every_setting_of_the_example_is_one_that_is_read():
    lines = (DEPLOY / "environment.example").read_text(encoding="utf-8").splitlines()
    names = {line.split("=")[0] for line in lines if line.startswith("LIKVARD_")}
    assert names <= {f"LIKVARD_{field.upper()}" for field in Settings.model_fields}


def test_dagster_takes_the_settings_of_production(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """By Dagster's own loader: the storage is built from the configuration, and nothing connects until it is used."""
    from dagster import DagsterInvalidConfigError
    from dagster._core.instance.config import dagster_instance_config
    from dagster._core.instance.ref import InstanceRef

    monkeypatch.setenv("LIKVARD_DAGSTER_POSTGRES_URL", "postgresql+psycopg2://likvard@127.0.0.1:1/dagster")
    shutil.copy(DEPLOY / "dagster.yaml", tmp_path / "dagster.yaml")
    config, _ = dagster_instance_config(str(tmp_path))
    assert config["concurrency"]["runs"]["max_concurrent_runs"] == 1
    assert config["run_monitoring"]["enabled"]
    assert config["telemetry"] == {"enabled": False}
    ref = InstanceRef.from_dir(str(tmp_path))
    assert ref.storage_data is not None
    assert ref.storage_data.class_name == "DagsterPostgresStorage"
    assert ref.compute_logs_data.class_name == "NoOpComputeLogManager"
    (tmp_path / "dagster.yaml").write_text(
        (DEPLOY / "dagster.yaml").read_text() + "run_queue:\n  max_concurrent_runs: 1\n"
    )
    with pytest.raises(DagsterInvalidConfigError):
        InstanceRef.from_dir(str(tmp_path))


@pytest.mark.parametrize("start", ["systemd", "compose"])
def test_credentials_become_settings_and_stay_out_of_the_command(tmp_path: Path, start: str):
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    (secrets / "dagster-postgres-url").write_text("postgresql://likvard:hemligt@db/dagster\n")
    script = tmp_path / "with-credentials"
    script.write_text((DEPLOY / "with-credentials").read_text().replace("/run/secrets", str(secrets)))
    environment = {"PATH": "/usr/bin:/bin", "DAGSTER_HOME": str(tmp_path / "dagster")}
    environment["LIKVARD_DAGSTER_YAML"] = str(DEPLOY / "dagster.yaml")
    if start == "systemd":
        environment["CREDENTIALS_DIRECTORY"] = str(secrets)
    done = subprocess.run(
        ["sh", str(script), "sh", "-c", 'printf "%s" "$LIKVARD_DAGSTER_POSTGRES_URL"'],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "postgresql+psycopg2://likvard:hemligt@db/dagster"
    assert (tmp_path / "dagster" / "dagster.yaml").read_text() == (DEPLOY / "dagster.yaml").read_text()
