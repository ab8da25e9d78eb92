"""Probes a fleet with asyncssh, as many devices at once as the job's concurrency says."""

import asyncio
import logging
import warnings
import xml.etree.ElementTree as ElementTree

# Old ciphers, of which it warns while it is loaded.
warnings.simplefilter("ignore")

import asyncssh
from measure import BASES, CLOSE_SECONDS, measure, read_job

logging.disable(logging.CRITICAL)

NAMESPACE = "urn:ietf:params:xml:ns:netconf:base:1.0"
END_OF_MESSAGE = b"]]>]]>"
END_OF_CHUNKS = b"\n##\n"
HELLO = (
    f'<hello xmlns="{NAMESPACE}"><capabilities>'
    + "".join(f"<capability>{base}</capability>" for base in BASES)
    + "</capabilities></hello>"
).encode() + END_OF_MESSAGE
CLOSE = f'<rpc xmlns="{NAMESPACE}" message-id="1"><close-session/></rpc>'.encode()

job = read_job()
# Made once: what it looks up for each connection otherwise is not what is compared here.
options = asyncssh.SSHClientConnectionOptions(
    username=job["credential"]["username"],
    password=job["credential"]["password"],
    known_hosts=None,
    client_keys=None,
    agent_path=None,
    config=None,
    preferred_auth="password",
)


async def converse(device):
    connection = await asyncssh.connect(device["host"], device["port"], options=options)
    try:
        stdin, stdout, _ = await connection.open_session(subsystem="netconf", encoding=None)
        stdin.write(HELLO)
        hello = await stdout.readuntil(END_OF_MESSAGE)
        root = ElementTree.fromstring(hello[: -len(END_OF_MESSAGE)])
        offered = {(each.text or "").strip() for each in root.iter(f"{{{NAMESPACE}}}capability")}
        if not any(base in offered for base in BASES):
            return "PROTOCOL_ERROR"
        chunked = BASES[1] in offered
        stdin.write(b"\n#%d\n%s%s" % (len(CLOSE), CLOSE, END_OF_CHUNKS) if chunked else CLOSE + END_OF_MESSAGE)
        try:
            await asyncio.wait_for(
                stdout.readuntil(END_OF_CHUNKS if chunked else END_OF_MESSAGE), CLOSE_SECONDS
            )
        except (asyncio.TimeoutError, asyncio.IncompleteReadError):
            pass
        return "SUPPORTED"
    finally:
        connection.abort()


async def probe(device, places):
    async with places:
        try:
            return await asyncio.wait_for(converse(device), job["timeoutMs"] / 1000)
        except asyncio.TimeoutError:
            return "TIMEOUT"
        except Exception as problem:
            return type(problem).__name__


async def probe_all():
    places = asyncio.Semaphore(job["concurrency"])
    return await asyncio.gather(*(probe(device, places) for device in job["devices"]))


measure(lambda: asyncio.run(probe_all()))
