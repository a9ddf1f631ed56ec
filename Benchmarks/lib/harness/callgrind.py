"""Instructions and calls per request, exactly counted by valgrind's callgrind in user space.

A proxy is run twice, for N and for 2N requests, both after the same warm-up. The difference of the two profiles
divided by N has neither start, nor warm-up, nor stop in it. Time-driven work (a timer's tick) remains, spread
over N requests.
"""

import re
import signal
from collections import Counter
from dataclasses import dataclass

from . import client, places, proxies
from .load import Streams
from .proxies import Settings
from .shapes import Shape
from .stage import wait_until

# Outermost allocators of libc; each allocation passes exactly one of them, whoever asks (swift_allocObject or other).
ALLOCATORS = ("malloc", "calloc", "realloc", "posix_memalign", "aligned_alloc", "memalign")
LOCKS = ("pthread_mutex_lock", "pthread_rwlock_rdlock", "pthread_rwlock_wrlock", "__lll_lock_wait")
# Swift's runtime, told apart because it shows where the allocations or the reference counts come from.
RUNTIME = ("swift_allocObject", "swift_slowAlloc", "swift_retain", "swift_release", "swift_beginAccess")

WARM_UP = 100  # Requests of both runs beyond the counted ones: pools fill, lazy symbols are bound.
NAME = re.compile(r"^(c?fn)=\((\d+)\)(?: (.*))?$")


@dataclass
class Profile:
    """Totals of one run: instructions in all and per thread, and calls by function name."""

    instructions: int
    per_thread: list
    calls: Counter


@dataclass
class PerRequest:
    """What one request costs."""

    instructions: float
    per_thread: list
    calls: dict

    def count(self, names):
        """Calls per request of any of these functions."""
        return sum(self.calls.get(name, 0) for name in names)

    @property
    def allocations(self):
        """Heap allocations per request."""
        return self.count(ALLOCATORS)


def plain_name(name):
    """The function's name without callgrind's recursion mark and glibc's version or internal prefix."""
    name = name.split("'")[0].split("@")[0]
    return name.removeprefix("__libc_")


def read_profile(paths):
    """Sums up the files of one run (one per thread)."""
    if not paths:
        raise RuntimeError("valgrind left no profile")
    per_thread, calls = [], Counter()
    for path in paths:
        per_thread.append(read_file(path, calls))
    return Profile(sum(per_thread), per_thread, calls)


def read_file(path, calls):
    """Adds one file's calls to `calls` and returns its instructions. Names are given once and then by number."""
    names, callee, instructions = {}, None, 0
    with open(path, errors="replace") as lines:
        for line in lines:
            match = NAME.match(line) if line.startswith(("fn=", "cfn=")) else None
            if match:
                kind, number, name = match.groups()
                if name:
                    names[number] = plain_name(name)
                callee = names[number] if kind == "cfn" else callee
            elif line.startswith("calls="):
                calls[callee] += int(line[6:].split()[0])
            elif line.startswith(("totals:", "summary:")):
                instructions = int(line.split()[1])
    return instructions


def count_per_request(stage, proxy, request, count, origin_port, cores, workers=1, connections=1, shape=Shape(),
                      secure=False):
    """Runs the proxy under callgrind for N and for 2N requests and returns the difference per request."""
    low, high = (profile_run(stage, proxy, request, n, origin_port, cores, workers, connections, shape, secure)
                 for n in (count + WARM_UP, 2 * count + WARM_UP))
    calls = {name: (n - low.calls[name]) / count for name, n in high.calls.items() if n != low.calls[name]}
    threads = [(h - l) / count for l, h in zip(low.per_thread, high.per_thread)]
    return PerRequest((high.instructions - low.instructions) / count, threads, calls)


def profile_run(stage, proxy, request, count, origin_port, cores, workers, connections, shape, secure):
    """One run: start, `count` requests, orderly stop, profile."""
    out = stage.folder / "callgrind.out"
    for old in stage.folder.glob("callgrind.out*"):
        old.unlink()
    wrap = [places.tool("valgrind"), "--tool=callgrind", "--quiet", "--separate-threads=yes", "--trace-children=no",
            f"--callgrind-out-file={out}.%p"]
    http2 = isinstance(request, Streams)
    settings = Settings(workers=workers, connections=1024 if http2 else 256, profiled=True, shape=shape,
                        certificate=stage.certificate() if secure else None, http2=http2)
    # Swift's hashes are seeded anew in each process, which moves instruction counts; this keeps them still.
    running = proxies.start(stage, proxy, origin_port, settings, cores, wrap, {"SWIFT_DETERMINISTIC_HASHING": "1"}, 90)
    if settings.http2:
        request.drive(running.port, count, secure)
    else:
        client.drive(running.port, request, count, connections, secure)
    stop_in_order(stage, running)
    return read_profile(sorted(stage.folder.glob("callgrind.out*-*")))


def stop_in_order(stage, running):
    """Asks the proxy to stop and waits until it has: only then is the profile written."""
    process = running.process
    process.popen.send_signal(signal.SIGTERM)
    try:
        wait_for_exit(process, 2)
    except TimeoutError:
        # A signal that came just before epoll_wait is seen by nginx alone at the next event.
        proxies.answers(running.port, 1, Settings())
        wait_for_exit(process, 40)
    stage.stop(process)


def wait_for_exit(process, seconds):
    """Waits for the process to end by itself."""
    wait_until(process.exited, seconds, f"the orderly stop of {process.name}")
