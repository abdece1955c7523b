"""The manifests of examples/kubernetes: by the schemas of Kubernetes, and by what the programs that
they start accept."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import kubernetes_validate  # type: ignore[import-untyped]
import pytest
import yaml
from distributed.cli import dask_scheduler, dask_worker

from digest import config
from digest.cli import app, cli, workers
from tests.cli.command import subcommand

FOLDER = Path(__file__).parent.parent / "examples" / "kubernetes"
FILES = sorted(FOLDER.glob("*.yaml"))
MANIFESTS = [one for path in FILES for one in yaml.safe_load_all(path.read_text("utf-8"))]
SECRETS = {
    "DIGEST_SECRET": "made up for this test",
    "DIGEST_SMTP__PASSWORD": "made up",
    "DIGEST_DATABASE_URL": "postgresql+psycopg://digest@db/digest",
}
"""What docs/scale.md puts into the secret ``digest``."""


def kinds(kind: str) -> list[Any]:
    return [one for one in MANIFESTS if one["kind"] == kind]


def named(one: Any) -> str:
    return f"{one['kind']} {one['metadata']['name']}"


def parts(manifest: Any) -> Iterator[Any]:
    """What a manifest consists of as far as Kubernetes itself has a schema for it. The keys of
    Dask's operator around that are those of its definition of ``DaskCluster``, version v1."""
    if manifest["kind"] != "DaskCluster":
        yield manifest
        return
    assert manifest["apiVersion"] == "kubernetes.dask.org/v1"
    assert manifest.keys() == {"apiVersion", "kind", "metadata", "spec"}
    spec = manifest["spec"]
    assert spec.keys() - {"idleTimeout"} == {"scheduler", "worker"}
    assert spec["scheduler"].keys() - {"metadata"} == {"service", "spec"}
    assert spec["worker"].keys() - {"metadata"} == {"replicas", "spec"}
    version = {"apiVersion": "v1", "metadata": manifest["metadata"]}
    yield {**version, "kind": "Service", "spec": spec["scheduler"]["service"]}
    yield {**version, "kind": "Pod", "spec": spec["scheduler"]["spec"]}
    yield {**version, "kind": "Pod", "spec": spec["worker"]["spec"]}


def containers(value: Any) -> Iterator[Any]:
    """Every container in a manifest."""
    if isinstance(value, dict):
        yield from value.get("containers", [])
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from containers(each)


def words(container: Any) -> list[list[str]]:
    """The command lines that a container runs."""
    given = [*container["command"], *container.get("args", [])]
    if given[:2] != ["sh", "-c"]:
        return [given]
    lines = [shlex.split(line) for line in given[2].split(";")]
    return [line[1:] if line[0] == "exec" else line for line in lines]


CONTAINERS = [each for one in MANIFESTS for each in containers(one)]


@pytest.mark.parametrize("manifest", MANIFESTS, ids=named)
def test_every_manifest_fits_its_schema(manifest: Any) -> None:
    for part in parts(manifest):
        kubernetes_validate.validate(part, kubernetes_validate.latest_version(), strict=True)


def test_a_misspelt_key_is_found() -> None:
    [cluster] = kinds("DaskCluster")
    *_, worker = parts(cluster)
    worker["spec"] = {**worker["spec"], "terminationGraceSeconds": 60}
    with pytest.raises(kubernetes_validate.ValidationError, match="terminationGraceSeconds"):
        kubernetes_validate.validate(worker, kubernetes_validate.latest_version(), strict=True)


@pytest.mark.parametrize("container", CONTAINERS, ids=lambda one: one["name"])
def test_every_command_line_is_one_that_the_program_takes(container: Any) -> None:
    programs = {"scheduler": dask_scheduler.main, "worker": dask_worker.main}
    for program, name, *rest in words(container):
        command: click.Command = programs[name] if program == "dask" else subcommand(cli, name)
        command.make_parser(click.Context(command)).parse_args(rest)


def test_the_settings_load_and_allow_a_pass_by_many_machines(tmp_path: Path) -> None:
    settings, _ = kinds("ConfigMap")
    (tmp_path / "digest.toml").write_text(settings["data"]["digest.toml"])
    loaded = config.load(tmp_path, SECRETS)
    workers.check(app.Home(tmp_path, loaded, tmp_path / "inbox"))
    [cluster] = kinds("DaskCluster")
    assert loaded.cluster.url == f"tls://{cluster['metadata']['name']}-scheduler:8786"
    [address] = [one["env"][0]["value"] for one in CONTAINERS if "env" in one]
    assert address == loaded.cluster.url


def test_every_container_has_the_certificates_and_what_else_it_needs() -> None:
    _, dask = kinds("ConfigMap")
    for container in CONTAINERS:
        sources = [next(iter(one.values()))["name"] for one in container["envFrom"]]
        mounts = {one["mountPath"] for one in container["volumeMounts"]}
        assert dask["metadata"]["name"] in sources
        assert "/tls" in mounts
        if container["name"] != "scheduler":  # which is told no secret
            assert "digest" in sources
            assert "/home/digest/data/digest.toml" in mounts
