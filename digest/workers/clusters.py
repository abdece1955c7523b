"""Connects to Dask's scheduler: one of this machine's own, or a running one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from urllib.parse import urlsplit

import dask
from distributed import Client, LocalCluster, Security

from digest.errors import ConfigError, DigestError
from digest.model import Problem
from digest.workers.worker import quieten_dask

JOIN = 30  # seconds to wait for a scheduler to answer
_CERTIFICATE = ("CA_FILE", "CLIENT__CERT", "CLIENT__KEY")
_LOCAL = {
    "distributed.scheduler.http.routes": [],
    "distributed.worker.http.routes": [],
    # Workers that are killed are replaced, and their shards done by others, however often.
    "distributed.scheduler.allowed-failures": 1000,
    "distributed.worker.multiprocessing-method": "spawn",
    # Looking at its workers a hundred times a second takes a tenth of their time.
    "distributed.worker.profile.enabled": False,
    "distributed.admin.system-monitor.gil.enabled": False,
}


@contextmanager
def local(count: int) -> Iterator[Client]:
    """Start worker processes on this machine, and end them with the block. Nobody else can join or
    listen: they bind to 127.0.0.1 and talk by a certificate that they alone have.

    Raises:
        DigestError: They do not start.
    """
    quieten_dask()
    with dask.config.set(_LOCAL), ExitStack() as opened:
        try:
            cluster = LocalCluster(
                n_workers=count,
                threads_per_worker=1,
                processes=True,
                host="127.0.0.1",
                protocol="tls",
                security=Security.temporary(),
                dashboard_address="127.0.0.1:0",
                memory_limit=0,
            )
            opened.enter_context(cluster)
            client = opened.enter_context(Client(cluster, set_as_default=False))
        except (OSError, RuntimeError) as error:
            what = f"{count} workers could not be started: {error}"
            raise DigestError(f"{what}; try again, or with fewer") from error
        yield client


@contextmanager
def remote(url: str) -> Iterator[Client]:
    """Connect to a scheduler. Certificates are those of Dask's own configuration.

    Raises:
        ConfigError: There is no certificate, or no scheduler answers.
    """
    security = Security()
    if urlsplit(url).scheme == "tls" and not security.get_connection_args("client")["ssl_context"]:
        what = "there is no certificate to talk to the scheduler with"
        names = ", ".join(f"DASK_DISTRIBUTED__COMM__TLS__{name}" for name in _CERTIFICATE)
        raise ConfigError([Problem("cluster.url", what, f"set {names}")])
    try:
        client = Client(url, security=security, timeout=JOIN, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        what = f"no scheduler answers at {url}: {error}"
        raise ConfigError([Problem("cluster.url", what, "start it, or mend the URL")]) from error
    with client:
        yield client
