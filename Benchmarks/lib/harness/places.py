"""Where things are: the repository, the output folder, tools, ports, cores; and the machine's description."""

import os
import platform
import resource
import shutil
import socket
import subprocess
import zlib
from pathlib import Path

BENCHMARKS = Path(__file__).resolve().parents[2]
OUT = BENCHMARKS / "out"
GATEHOUSE = BENCHMARKS.parent / ".build" / "release" / "gatehouse"
LOAD_SCRIPT = BENCHMARKS / "lib" / "load.lua"


def out_folder():
    """The folder for binaries and results, made when it is not there."""
    OUT.mkdir(exist_ok=True)
    return OUT


def tool(name):
    """The path of a program; servers live in folders that a user's PATH may lack."""
    path = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if path is None:
        raise SystemExit(f"{name} is not installed; run Benchmarks/install-packages")
    return path


def body_file(body):
    """A file with these bytes, for loads that read what they send."""
    path = out_folder() / f"body-{zlib.crc32(body):08x}"
    if not path.exists() or path.stat().st_size != len(body):
        path.write_bytes(body)
    return path


def compiled(source_name, binary_name, arguments, build=None):
    """Compiles a C source when it, or what it is linked with, is newer than the binary."""
    source, binary = BENCHMARKS / source_name, out_folder() / binary_name
    newest = max(path.stat().st_mtime for path in (source, *([build] if build else [])))
    if not binary.exists() or binary.stat().st_mtime < newest:
        compiler = shutil.which("cc") or tool("clang")
        fresh = binary.with_suffix(f".{os.getpid()}")
        words = [compiler, "-O2", "-Wall", "-Wextra", "-pthread", "-o", fresh, source, *arguments]
        subprocess.run([str(word) for word in words], check=True)
        fresh.rename(binary)
    return binary


def origin_binary():
    """The origin."""
    return compiled("origin.c", "origin", [])


def handshakes_binary():
    """The load of TLS handshakes, built with the system's OpenSSL."""
    return compiled("handshakes.c", "handshakes", ["-lssl", "-lcrypto"])


def hybrid_handshakes_binary():
    """The same with the BoringSSL of Gatehouse's build, which knows X25519MLKEM768; None where there is no such build."""
    objects = GATEHOUSE.resolve().parent / "CNIOBoringSSL.build"
    headers = BENCHMARKS.parent / ".build" / "checkouts" / "swift-nio-ssl" / "Sources" / "CNIOBoringSSL" / "include"
    if not objects.is_dir() or not headers.is_dir():
        return None
    words = ["-DWITH_BORINGSSL", "-I", headers, *sorted(objects.rglob("*.o")), "-lstdc++", "-lm"]
    return compiled("handshakes.c", "handshakes-hybrid", words, objects)


def without_debug_information(binary):
    """A copy that old versions of valgrind can read: they give up on the debug information of newer compilers."""
    if not binary.exists():
        return binary
    copy = out_folder() / (binary.name + ".profiled")
    if not copy.exists() or copy.stat().st_mtime < binary.stat().st_mtime:
        subprocess.run([tool("strip"), "--strip-debug", "-o", copy, binary], check=True)
    return copy


def free_port():
    """A port of 127.0.0.1 that the kernel says is free. Who binds it must be ready to ask again."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def cores():
    """(core for the proxy, core for load and origin); the same one when there is only one."""
    allowed = sorted(os.sched_getaffinity(0))
    return allowed[0], allowed[1 % len(allowed)]


def raise_descriptor_limit():
    """Lifts the soft limit on open files to the hard one, here and so in every child. Returns it."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def machine():
    """What a reader needs to know about the machine."""
    return {"cpu": cpu_model(), "cores": os.cpu_count(), "kernel": platform.release().split("-")[0],
            "system": system_name()}


def cpu_model():
    """The processor's name as the kernel tells it."""
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def system_name():
    """The distribution's name."""
    for line in Path("/etc/os-release").read_text().splitlines():
        if line.startswith("PRETTY_NAME="):
            return line.split("=", 1)[1].strip('"')
    return platform.system()
