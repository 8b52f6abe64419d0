"""Run one importable function in a child process, so that all its memory comes back when it ends.

The child is a fresh interpreter, or a fork of one (see `forking`), started by command line and not by
`multiprocessing`: nothing of the parent is inherited, the parent's main script is not imported a second
time (so a user's script needs no guard), and whatever the child prints, from its first byte on, lands in
a file that is shown only when something fails.

Messages are pickles, which delimit themselves, on two pipes: the child's standard input carries
what the parent sends, its standard output what the child sends. Each process learns of the other's
death from the end of its pipe, so neither outlives nor waits for a dead one. What the child has
started itself (vLLM computes in processes of its own) ends with it, however it ends.
"""

from __future__ import annotations

import io
import multiprocessing
import os
import pickle
import queue
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any, BinaryIO, Generic, TypeVar

from runtime import forking
from runtime.failures import ChildDied, RunEnded, RunFailed, RunStopped

A = TypeVar("A")
R = TypeVar("R")

# `-P` and the parent's own search path: the child imports what the parent would import.
_START = (
    "import pickle, sys; sys.path[:] = pickle.load(sys.stdin.buffer); import runtime.child as c; c.main()"
)
_LAST_LINES = 20
_CAUSE = re.compile(r"\w(Error|Exception): ")
_CAUSES, _CAUSE_LENGTH = 3, 500
_LAST_BYTES = 20_000
_SECONDS_TO_END = 5.0


@dataclass(frozen=True, slots=True)
class _Sent:
    value: Any


@dataclass(frozen=True, slots=True)
class _Returned:
    value: Any


@dataclass(frozen=True, slots=True)
class _Failed:
    """`kind` keeps a gate's refusal apart from a breakage; `unexpected` asks for the last output."""

    kind: type[RunEnded]
    sentence: str
    help: str
    unexpected: bool


class Channel:
    """The child's end: `send` to the parent, `receive` what the parent sent (blocks)."""

    def __init__(self, outgoing: BinaryIO, incoming: queue.SimpleQueue[Any]) -> None:
        self._outgoing = outgoing
        self._incoming = incoming

    def send(self, value: object) -> None:
        """Send a picklable value; the parent's `Child.receive` returns it."""
        self._write(_Sent(value))

    def receive(self) -> Any:
        """The parent's next message. The process ends while waiting if the parent goes."""
        return self._incoming.get()

    def waiting(self) -> bool:
        """Whether `receive` would return at once."""
        return not self._incoming.empty()

    def _write(self, message: object) -> None:
        # Pickled whole before the first byte goes out: an unpicklable value must not leave half a message.
        self._outgoing.write(pickle.dumps(message, pickle.HIGHEST_PROTOCOL))
        self._outgoing.flush()


class Child(Generic[A]):
    """A child process that runs `function(argument, channel)`; the parent's end of the channel.

    `name` opens the sentences of failures ("The transformers engine"). With `forked` it begins with torch,
    transformers and peft loaded, where it can: not for what must set the scene before they load.
    """

    def __init__(
        self, function: Callable[[A, Channel], Any], argument: A, name: str, forked: bool = False
    ) -> None:
        self.name = name
        self.returned: Any = None
        self._output = tempfile.TemporaryFile()  # noqa: SIM115  closed in `close`
        self._process: subprocess.Popen[bytes] | forking.Forked = (
            forking.start(self._output) if forked else None
        ) or subprocess.Popen(
            [sys.executable, "-P", "-c", _START],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._output,
            process_group=0,  # a group of its own, with all that the child will start
        )
        try:
            self._write(sys.path)
            self._write((function, argument))
        except BaseException:
            self.close()
            raise

    @property
    def pid(self) -> int:
        return self._process.pid

    def send(self, value: object) -> None:
        """Send a picklable value to the child. ChildDied if it is gone, RunFailed if it was closed."""
        self._write(value)

    def receive(self) -> Any:
        """The next value that the child sent (blocks).

        EOFError when the function has returned (its value is then in `returned`). RunFailed or
        RunStopped, as raised in the child; ChildDied for any other error and for a dead child.
        """
        assert self._process.stdout is not None
        try:
            message = pickle.load(self._process.stdout)
        except (EOFError, pickle.UnpicklingError) as error:
            raise self._death() from error
        if isinstance(message, _Sent):
            return message.value
        if isinstance(message, _Returned):
            self.returned = message.value
            raise EOFError
        assert isinstance(message, _Failed)
        if not message.unexpected:
            raise message.kind(message.sentence, message.help)
        self._end()
        raise ChildDied(f"{self.name} failed with {message.sentence}.", self._last_output())

    def close(self) -> None:
        """End the child, whatever it is doing; its memory is free on return. May be called twice."""
        self._end()
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._output.close()

    def __enter__(self) -> Child[A]:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _write(self, value: object) -> None:
        assert self._process.stdin is not None
        content = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
        try:
            self._process.stdin.write(content)
            self._process.stdin.flush()
        except (BrokenPipeError, ValueError) as error:
            raise self._death() from error

    def _end(self) -> None:
        """Closing its input is the child's order to exit; a child that can't obey is killed."""
        if self._process.stdin is not None and not self._process.stdin.closed:
            with suppress(BrokenPipeError):
                self._process.stdin.close()
        try:
            self._process.wait(_SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)  # whom it left behind

    def _death(self) -> RunFailed:
        if self._output.closed:
            return RunFailed(f"{self.name} is closed.")
        self._end()
        code = self._process.wait()
        if code < 0:
            how = f"was ended by signal {-code}"
            if -code == getattr(signal, "SIGKILL", 9):
                how += ", as the system does when memory runs out"
        else:
            how = f"ended early with exit code {code}"
        return ChildDied(f"{self.name} {how}.", self._last_output())

    def _last_output(self) -> str:
        size = self._output.seek(0, os.SEEK_END)
        self._output.seek(max(0, size - _LAST_BYTES))
        lines = [line for line in self._output.read().decode("utf-8", "replace").splitlines() if line.strip()]
        # The cause may stand far above, where a process of the child told of it.
        causes = [line[:_CAUSE_LENGTH] for line in lines[:-_LAST_LINES] if _CAUSE.search(line)]
        return "\n".join([*causes[-_CAUSES:], *lines[-_LAST_LINES:]])


def run_in_child(
    function: Callable[[A, Callable[[object], None]], R],
    argument: A,
    on_event: Callable[[object], None] | None = None,
    forked: bool = False,
) -> R:
    """Call `function(argument, emit)` in a child process and return its result.

    `function` must be importable (at the top level of a module that is not the main script);
    argument, events and result must be picklable. `on_event` is called here with each value given
    to `emit` there, in order, before this returns.

    RunFailed and RunStopped pass through as raised; any other error in the child, and its death,
    is a ChildDied whose `help` holds the child's last lines of output. `forked` as for `Child`.
    """
    name = f"{function.__module__}.{function.__qualname__}"
    with Child(_call, (function, argument), name, forked) as child:
        while True:
            try:
                event = child.receive()
            except EOFError:
                result: R = child.returned
                return result
            if on_event is not None:
                on_event(event)


def _call(call: tuple[Callable[[Any, Callable[[object], None]], Any], Any], channel: Channel) -> Any:
    function, argument = call
    return function(argument, channel.send)


# --- in the child ----------------------------------------------------------------------------------


def main() -> None:
    """The child's main program: run the function, report how it ended, wait to be closed."""
    # Ctrl-C reaches the whole group of the terminal; the parent decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    outgoing = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever libraries print belongs in the output file, not between the messages
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)  # in the order in which it was printed
    orders = sys.stdin  # held for as long as the process runs: without a holder it would be closed
    # A process that a library forks from this one closes its standard input first, and would wait for ever
    # for the lock that the reader holds.
    sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: SIM115  as long as the process
    incoming: queue.SimpleQueue[Any] = queue.SimpleQueue()
    reader = threading.Thread(target=_read, args=(orders.buffer, incoming), daemon=True)
    channel = Channel(outgoing, incoming)
    try:
        function, argument = pickle.load(orders.buffer)
        reader.start()
        value = function(argument, channel)
        channel._write(_Returned(value))
    except BrokenPipeError:
        os._exit(1)
    except BaseException as error:
        channel._write(_failure(error))
    sys.stderr.flush()
    if not reader.is_alive():
        os._exit(1)
    reader.join()


def _read(incoming: BinaryIO, messages: queue.SimpleQueue[Any]) -> None:
    """Read at once whatever comes, so that the parent never blocks; its silence ends the process."""
    try:
        while True:
            messages.put(pickle.load(incoming))
    except EOFError:
        _end_own_children()
        os._exit(0)
    except BaseException:
        traceback.print_exc()
        os._exit(1)


def _end_own_children() -> None:
    """Ask them to end, so that they give back what the system would not take, then make them."""
    children = multiprocessing.active_children()
    for child in children:
        child.terminate()
    until = time.monotonic() + _SECONDS_TO_END / 2
    for child in children:
        child.join(max(0.0, until - time.monotonic()))
        child.kill()


def _failure(error: BaseException) -> _Failed:
    if isinstance(error, RunEnded):
        kind = RunStopped if isinstance(error, RunStopped) else RunFailed
        return _Failed(kind, str(error), error.help, unexpected=False)
    traceback.print_exception(error)
    message = " ".join(str(error).split())
    sentence = f"{type(error).__name__}: {message}" if message else type(error).__name__
    return _Failed(RunFailed, sentence, "", unexpected=True)
