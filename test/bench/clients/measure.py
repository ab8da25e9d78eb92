"""What the Python clients have in common: a job as JSON on stdin, what it cost as JSON on stdout."""

import json
import resource
import sys
import time

BASES = ("urn:ietf:params:netconf:base:1.0", "urn:ietf:params:netconf:base:1.1")

# A session that does not answer close-session is given up after as long as our own probe gives it.
CLOSE_SECONDS = 1


def read_job():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return json.load(sys.stdin)


def cpu_seconds():
    """User and system time of all threads."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def peak_memory_bytes():
    # Not ru_maxrss where it can be helped: it begins with what the parent had.
    try:
        with open("/proc/self/status") as status:
            for line in status:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def measure(work):
    """Runs `work`, which returns the outcome of each device, and prints what that took."""
    began, cpu_before = time.monotonic(), cpu_seconds()
    outcomes = {}
    for outcome in work():
        outcomes[outcome] = outcomes.get(outcome, 0) + 1
    result = {
        "wallMs": (time.monotonic() - began) * 1000,
        "cpuMs": (cpu_seconds() - cpu_before) * 1000,
        "peakMemoryBytes": peak_memory_bytes(),
        "loopDelay": None,
        "outcomes": outcomes,
    }
    print(json.dumps(result), flush=True)
