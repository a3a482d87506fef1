"""The examples of many workers are what Dagster's launchers, Compose and Kubernetes take, and agree with each other."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from dagster._core.instance.config import dagster_instance_config
from dagster._core.instance.ref import InstanceRef
from dagster._core.launcher import RunLauncher
from dagster_k8s.job import DagsterK8sJobConfig, UserDefinedDagsterK8sConfig, construct_dagster_k8s_job
from kubernetes.client import ApiClient

from orchestration.names import WRITES_HOME
from orchestration.settings import REPOSITORY, Settings

WORKERS = REPOSITORY / "deploy" / "workers"
KUBERNETES = "1.33"


@pytest.fixture
def launcher(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], RunLauncher]:
    """The launcher that Dagster makes of a settings file; nothing is asked of Docker or a cluster."""
    monkeypatch.setenv("LIKVARD_DAGSTER_POSTGRES_URL", "postgresql+psycopg2://likvard@127.0.0.1:1/dagster")
    monkeypatch.setenv("LIKVARD_IMAGE", "likvard-workers:latest")
    monkeypatch.setattr("kubernetes.config.load_incluster_config", lambda: None)

    def made(text: str) -> RunLauncher:
        (tmp_path / "dagster.yaml").write_text(text)
        data = InstanceRef.from_dir(str(tmp_path)).run_launcher_data
        assert data is not None
        return data.rehydrate(as_type=RunLauncher)

    return made


def settings_of(kind: str) -> str:
    return (WORKERS / f"dagster-{kind}.yaml").read_text(encoding="utf-8")


def objects() -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((WORKERS / "kubernetes.yaml").read_text(encoding="utf-8")))


def of_kind(kind: str) -> dict[str, dict[str, Any]]:
    return {each["metadata"]["name"]: each for each in objects() if each["kind"] == kind}


@pytest.mark.parametrize(
    ("kind", "name", "right", "wrong"),
    [
        ("docker", "DockerRunLauncher", "network:", "netwrk:"),
        ("kubernetes", "K8sRunLauncher", "job_namespace:", "job_namespce:"),
    ],
)
def test_dagsters_own_launcher_takes_the_settings_and_no_misspelt_ones(launcher, kind, name, right, wrong):
    assert type(launcher(settings_of(kind))).__name__ == name
    with pytest.raises(Exception, match=wrong.rstrip(":")):
        launcher(settings_of(kind).replace(right, wrong))


@pytest.mark.parametrize("kind", ["docker", "kubernetes"])
def test_of_the_jobs_that_write_in_the_home_the_queue_lets_one_run(tmp_path: Path, kind: str):
    (tmp_path / "dagster.yaml").write_text(settings_of(kind))
    config, _ = dagster_instance_config(str(tmp_path))
    ((key, value),) = WRITES_HOME.items()
    assert config["concurrency"]["runs"]["tag_concurrency_limits"] == [{"key": key, "value": value, "limit": 1}]
    assert config["compute_logs"]["class"] == "NoOpComputeLogManager"
    assert config["telemetry"] == {"enabled": False}


def test_kubernetes_takes_every_object_and_no_misspelt_one():
    for each in objects():
        kubernetes_validate.validate(each, KUBERNETES, strict=True)
    (daemon,) = (each for each in objects() if each["metadata"]["name"] == "likvard-daemon")
    daemon["spec"]["template"]["spec"]["containers"][0]["volumeMount"] = []
    with pytest.raises(kubernetes_validate.ValidationError, match="volumeMount"):
        kubernetes_validate.validate(daemon, KUBERNETES, strict=True)


def job_of_a_run(text: str) -> dict[str, Any]:
    """The job that the launcher would ask the cluster for."""
    config = yaml.safe_load(text)["run_launcher"]["config"]
    own = {
        name: config[name]
        for name in ("job_image", "dagster_home", "instance_config_map", "service_account_name", "image_pull_policy")
    }
    mounted = {name: config[name] for name in ("volumes", "volume_mounts")}
    job = construct_dagster_k8s_job(
        DagsterK8sJobConfig(
            **own, **mounted, env_config_maps=config["env_config_maps"], env_secrets=config["env_secrets"],
            postgres_password_secret=None,
        ),
        args=["dagster", "api", "execute_run"],
        job_name="dagster-run-1",
        user_defined_k8s_config=UserDefinedDagsterK8sConfig.from_dict(config["run_k8s_config"]),
    )  # fmt: skip
    return ApiClient().sanitize_for_serialization(job)


def test_the_job_of_a_run_is_one_that_kubernetes_takes_and_is_bound(launcher):
    job = job_of_a_run(settings_of("kubernetes"))
    kubernetes_validate.validate(job | {"apiVersion": "batch/v1", "kind": "Job"}, KUBERNETES, strict=True)
    pod = job["spec"]["template"]["spec"]
    assert pod["securityContext"] == {"runAsUser": 990, "runAsGroup": 990, "fsGroup": 990, "runAsNonRoot": True}
    (handing,) = pod["initContainers"]
    assert handing["command"][-1].startswith("install -m 0400 ")
    assert pod["containers"][0]["securityContext"]["allowPrivilegeEscalation"] is False
    with pytest.raises(Exception, match="run_as_usr"):
        job_of_a_run(settings_of("kubernetes").replace("run_as_user:", "run_as_usr:"))


def test_a_runs_pod_mounts_what_the_cluster_has_under_the_names_that_are_set(launcher):
    config = yaml.safe_load(settings_of("kubernetes"))["run_launcher"]["config"]
    claims = {v["persistentVolumeClaim"]["claimName"] for v in config["volumes"] if "persistentVolumeClaim" in v}
    assert claims == set(of_kind("PersistentVolumeClaim"))
    assert set(config["env_config_maps"]) == set(of_kind("ConfigMap"))
    assert {config["service_account_name"]} == set(of_kind("ServiceAccount"))
    environment = of_kind("ConfigMap")["likvard-environment"]["data"]
    assert {name for name in environment if name.startswith("LIKVARD_")} <= {
        f"LIKVARD_{field.upper()}" for field in Settings.model_fields
    }
    mounts = {mount["mountPath"] for mount in config["volume_mounts"]}
    assert all(
        any(environment[name].startswith(mount) for mount in mounts)
        for name in ("LIKVARD_HOME", "LIKVARD_POLICIES", "LIKVARD_KEY_FILE")
    )
    for name in ("likvard-daemon", "likvard-webserver"):
        pod = of_kind("Deployment")[name]["spec"]["template"]["spec"]
        assert {volume["name"] for volume in pod["volumes"]} >= {
            mount["name"] for mount in pod["containers"][0]["volumeMounts"]
        }


def test_compose_takes_the_file_and_its_volumes_are_those_that_a_runs_container_mounts(tmp_path: Path):
    program = Path(sys.executable).with_name("check-jsonschema")
    command = [str(program), "--builtin-schema", "vendor.compose-spec", str(WORKERS / "compose.yml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    volumes = {each["name"] for each in yaml.safe_load((WORKERS / "compose.yml").read_text())["volumes"].values()}
    mounted = yaml.safe_load(settings_of("docker"))["run_launcher"]["config"]["container_kwargs"]["volumes"]
    assert {mount.split(":")[0] for mount in mounted} == volumes
