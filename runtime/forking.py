"""Children that begin with the libraries loaded.

Loading torch, transformers and peft takes seconds, and a run of six stages starts dozens of children. One
process of its own, the *stem*, loads them once; each child is a fork of it. The stem never computes, so a
fork carries no thread and no GPU context, and ends like any other process: all its memory comes back.

The parent sends the three ends of a child's pipes over a socket, and is told the child's process id, and
later its exit code. The stem ends when the socket does. It needs descriptors for processes (Linux); where
there are none, `start` says so with None, and children start as fresh interpreters.
"""

from __future__ import annotations

import atexit
import importlib
import io
import os
import pickle
import selectors
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import IO, BinaryIO

_START = (
    "import pickle, sys; sys.path[:] = pickle.load(sys.stdin.buffer); import runtime.forking as f; f.main()"
)
# What children import, most of it only when it is first used: named here, so that it is loaded before.
_LIBRARIES = (
    *("torch", "transformers", "transformers.models.auto.modeling_auto", "transformers.modeling_utils"),
    *("transformers.models.llama.modeling_llama", "peft", "safetensors.torch", "runtime.training.trainer"),
)
UNLOADED = "bitsandbytes"
_REPORT = struct.Struct(
    "<qq"
)  # a child's process id, and its exit code as `subprocess` gives it; at first RUNNING
_RUNNING = 1 << 40
_SECONDS_A_LOOK = 0.05


class Forked:
    """A child of the stem, with those parts of `subprocess.Popen` that its parent needs."""

    def __init__(self, stem: _Stem, pid: int, stdin: BinaryIO, stdout: BinaryIO) -> None:
        self._stem = stem
        self.pid, self.stdin, self.stdout = pid, stdin, stdout
        self.returncode: int | None = None

    def wait(self, timeout: float | None = None) -> int:
        """The exit code. subprocess.TimeoutExpired if it has none in time."""
        if self.returncode is None:
            self.returncode = self._stem.exit_code(self.pid, timeout)
        return self.returncode

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)


def prepare() -> bool:
    """Begin to load the libraries, and do not wait for it. False where children cannot be started so."""
    global _stem
    if not hasattr(os, "pidfd_open") or not hasattr(socket, "send_fds"):
        return False
    if _stem is None or not _stem.alive:
        _stem = _Stem()
        atexit.register(_stem.close)
    return True


def start(output: IO[bytes]) -> Forked | None:
    """A child that waits for its orders on its standard input, as a fresh interpreter would; what it prints
    goes to `output`. None where children cannot be started so."""
    return _stem.fork(output) if prepare() and _stem is not None else None


_stem: _Stem | None = None


class _Stem:
    """The parent's end."""

    def __init__(self) -> None:
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._ended: dict[int, int] = {}
        self._lock = threading.Lock()  # engines are started and waited for in threads
        with theirs, tempfile.TemporaryFile() as orders:
            pickle.dump(sys.path, orders)
            pickle.dump(theirs.fileno(), orders)
            orders.seek(0)
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-c", _START],
                stdin=orders,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                process_group=0,  # a key pressed in the terminal is the parent's to understand
            )

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def fork(self, output: IO[bytes]) -> Forked | None:
        theirs_in, ours_out = os.pipe()
        ours_in, theirs_out = os.pipe()
        try:
            with self._lock:
                socket.send_fds(self._socket, [b"fork"], [theirs_in, theirs_out, output.fileno()])
                while (pid := self._report(None)) is None:
                    pass
        except OSError:
            os.close(ours_out)
            os.close(ours_in)
            return None
        finally:
            os.close(theirs_in)
            os.close(theirs_out)
        child = Forked(self, pid, os.fdopen(ours_out, "wb"), os.fdopen(ours_in, "rb"))
        # A fresh interpreter would inherit them from the parent, and not from the stem.
        pickle.dump((os.getcwd(), dict(os.environ)), child.stdin)
        return child

    def exit_code(self, pid: int, timeout: float | None) -> int:
        until = None if timeout is None else time.monotonic() + timeout
        while pid not in self._ended:
            if until is not None and time.monotonic() > until:
                raise subprocess.TimeoutExpired("a child", timeout or 0)
            with self._lock, suppress(TimeoutError):
                self._report(_SECONDS_A_LOOK)
        return self._ended.pop(pid)

    def close(self) -> None:
        self._socket.close()
        self._process.wait()

    def _report(self, timeout: float | None) -> int | None:
        """Take one message: the process id of a child that began, or None where one has ended, whose code is
        then kept. TimeoutError without a message in so many seconds."""
        self._socket.settimeout(timeout)
        message = self._socket.recv(_REPORT.size)
        if not message:
            raise ConnectionError("the process that children are forked from is gone")
        pid, code = _REPORT.unpack(message)
        if code != _RUNNING:
            self._ended[pid] = code
            return None
        self._ended.pop(pid, None)  # of an earlier child of that number
        return int(pid)


# --- in the stem -------------------------------------------------------------------------------------


def main() -> None:
    """The stem's main program: load, then fork whenever it is asked, and report who has ended."""
    from runtime.training.job import before_libraries

    server = socket.socket(fileno=pickle.load(sys.stdin.buffer))
    before_libraries()
    # peft loads it, and it starts CUDA, which no fork can use then. Who needs it is a fresh interpreter.
    sys.modules[UNLOADED] = None  # type: ignore[assignment]
    for name in _LIBRARIES:
        with suppress(ImportError):  # whoever needs it will say so
            importlib.import_module(name)
    with selectors.DefaultSelector() as waiting:
        waiting.register(server, selectors.EVENT_READ)
        while True:
            for key, _ in waiting.select():
                if key.fileobj is server:
                    pid = _fork(server)
                    waiting.register(os.pidfd_open(pid), selectors.EVENT_READ, pid)
                    server.send(_REPORT.pack(pid, _RUNNING))
                else:
                    assert isinstance(key.fileobj, int)
                    waiting.unregister(key.fileobj)
                    os.close(key.fileobj)
                    code = os.waitstatus_to_exitcode(os.waitpid(key.data, 0)[1])
                    server.send(_REPORT.pack(key.data, code))


def _fork(server: socket.socket) -> int:
    message, ends, _, _ = socket.recv_fds(server, 16, 3)
    if not message:
        os._exit(0)  # nobody is there any more; the children learn it from their own pipes
    pid = os.fork()
    if pid == 0:
        _child(server, ends)
    for end in ends:
        os.close(end)
    return pid


def _child(server: socket.socket, ends: Sequence[int]) -> None:
    """What a fresh interpreter would be at this point. Does not return."""
    from runtime import child
    from runtime.training.job import before_libraries

    server.close()
    os.setpgid(0, 0)
    for number, end in enumerate(ends):
        os.dup2(end, number)
        os.close(end)
    try:
        orders = os.fdopen(0, "rb")
        sys.stdin = io.TextIOWrapper(orders)
        folder, environment = pickle.load(orders)
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment)
        before_libraries()
        sys.path[:] = pickle.load(orders)
        child.main()
    finally:
        os._exit(1)
