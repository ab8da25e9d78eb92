"""Probes a fleet with ncclient, in as many threads as the job's concurrency says."""

import logging
import os
from concurrent.futures import ThreadPoolExecutor

from measure import BASES, CLOSE_SECONDS, measure, read_job
from ncclient import manager

# It logs every broken connection with its stack.
logging.disable(logging.CRITICAL)

job = read_job()


def probe(device):
    try:
        session = manager.connect(
            host=device["host"],
            port=device["port"],
            username=job["credential"]["username"],
            password=job["credential"]["password"],
            hostkey_verify=False,
            allow_agent=False,
            look_for_keys=False,
            # Of the TCP connection only; the hello may take a minute, whatever one says.
            timeout=job["timeoutMs"] / 1000,
            manager_params={"timeout": CLOSE_SECONDS},
        )
    except Exception as problem:
        return "TIMEOUT" if "timed out" in str(problem) else type(problem).__name__
    outcome = "SUPPORTED" if any(base in session.server_capabilities for base in BASES) else "PROTOCOL_ERROR"
    try:
        session.close_session()
    except Exception:
        # Then it has closed nothing.
        session._session.close()
    return outcome


def probe_all():
    with ThreadPoolExecutor(job["concurrency"]) as threads:
        return list(threads.map(probe, job["devices"]))


measure(probe_all)
# The session threads of devices that do not answer are still waiting.
os._exit(0)
