"""Processes under measurement: started pinned, watched through /proc, and always ended.

A `Stage` owns a temporary folder and every process started on it. Leaving its `with` block ends them all, also on
SIGTERM, SIGHUP and Ctrl-C; should this program be killed outright, the kernel sends them SIGTERM.
"""

import ctypes
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from . import places, tls

NANOSECONDS_PER_TICK = 1_000_000_000 // os.sysconf("SC_CLK_TCK")
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None)


@dataclass
class CPU:
    """CPU time in nanoseconds.

    The total is the scheduler's own account (/proc/PID/task/*/schedstat). Its split comes from /proc/PID/stat, which
    has 10 ms steps and sampled shares: good to a few percent over seconds.
    """

    total: int
    user_ticks: int
    system_ticks: int

    def since(self, before):
        """(total, user, system) spent since an earlier reading of the same process."""
        total = self.total - before.total
        user, system = self.user_ticks - before.user_ticks, self.system_ticks - before.system_ticks
        share = user / (user + system) if user + system else 0
        return total, total * share, total * (1 - share)


@dataclass
class Memory:
    """Resident memory in bytes, summed over a process and its children."""

    rss: int
    pss: int
    private_dirty: int


class Process:
    """A started program with its children. It leads its own session, which is how the children are found."""

    def __init__(self, name, popen, log):
        self.name, self.popen, self.log = name, popen, log
        self.pid = popen.pid

    def members(self):
        """The process ids of the program and all of its children."""
        return [pid for pid in map(int, filter(str.isdigit, os.listdir("/proc"))) if session_of(pid) == self.pid]

    def cpu(self):
        """CPU time so far. A thread that ended is missing, so measure what keeps its threads."""
        reading = CPU(0, 0, 0)
        for pid in self.members():
            for task in os.listdir(f"/proc/{pid}/task"):
                reading.total += int(Path(f"/proc/{pid}/task/{task}/schedstat").read_text().split()[0])
            fields = stat_fields(pid)
            reading.user_ticks += int(fields[11])
            reading.system_ticks += int(fields[12])
        return reading

    def memory(self):
        """Resident memory now."""
        sums = {"Rss": 0, "Pss": 0, "Private_Dirty": 0}
        for pid in self.members():
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]:
                key, value = line.split(":", 1)
                if key in sums:
                    sums[key] += int(value.split()[0]) * 1024
        return Memory(sums["Rss"], sums["Pss"], sums["Private_Dirty"])

    def exited(self):
        """Whether the program is over."""
        return self.popen.poll() is not None

    def stop(self, seconds=5):
        """Asks the program to end, and after `seconds` makes it; its children with it."""
        if not self.exited():
            self.popen.send_signal(signal.SIGTERM)
            try:
                self.popen.wait(seconds)
            except subprocess.TimeoutExpired:
                pass
        for pid in self.members():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.popen.wait()
        for pipe in (self.popen.stdin, self.popen.stdout):
            if pipe:
                pipe.close()

    def tail(self):
        """The last lines that the program wrote."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])


class Stage:
    """Owns a temporary folder and processes; ends and removes them when its block is left."""

    def __enter__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="gatehouse-bench-"))
        self.folder.chmod(0o755)  # nginx's worker is another user when root starts it.
        self.processes = []
        self.own_certificate = None
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: raise_exit())
        return self

    def __exit__(self, *_):
        for process in reversed(self.processes):
            process.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self, name, argv, cores, environment=None, pipe=False):
        """Starts a program pinned to `cores`. Its output goes to a log, or with `pipe` standard input and output to pipes."""
        log = self.folder / f"{name}.{len(self.processes)}.log"
        with open(log, "wb") as file:
            popen = subprocess.Popen(
                [str(word) for word in argv], stdin=subprocess.PIPE if pipe else subprocess.DEVNULL,
                stdout=subprocess.PIPE if pipe else file,
                stderr=file, cwd=self.folder, start_new_session=True, text=pipe,
                env={**server_environment(), **(environment or {})}, preexec_fn=lambda: prepare_child(cores))
        process = Process(name, popen, log)
        self.processes.append(process)
        return process

    def stop(self, process, seconds=5):
        """Ends one process before the others."""
        process.stop(seconds)
        self.processes.remove(process)

    def certificate(self):
        """The certificate that proxies show over TLS, made once."""
        if not self.own_certificate:
            self.own_certificate = tls.make_certificate(self.folder)
        return self.own_certificate

    def start_origin(self, cores, threads=1, everywhere=False):
        """Starts the origin, on 127.0.0.1 or on every loopback address, and returns its port."""
        words = ["--threads", threads, "--everywhere", int(everywhere)]
        origin = self.start("origin", [places.origin_binary(), *words], cores, pipe=True)
        return int(origin.popen.stdout.readline())


def server_environment():
    """This program's environment without what is meant for clients."""
    return {name: value for name, value in os.environ.items() if name != "OPENSSL_CONF"}


def raise_exit():
    """Turns a signal into an exit that runs every `with` block's end."""
    raise SystemExit("stopped by a signal")


def prepare_child(cores):
    """Runs in the child before the program: pins it, and has it end when this program dies."""
    os.sched_setaffinity(0, cores)
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def stat_fields(pid):
    """The fields of /proc/PID/stat from the third on (the second, the name, may hold anything)."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def session_of(pid):
    """The session of a process, or None when it is gone."""
    try:
        return os.getsid(pid)
    except ProcessLookupError:
        return None


def listens(port):
    """Whether somebody takes connections there."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        return True
    except OSError:
        return False


def wait_until(condition, seconds, what):
    """Polls `condition` until it holds; gives up with an error after `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not happen within {seconds} s")
        time.sleep(0.02)
