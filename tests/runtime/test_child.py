"""A child process runs one function and streams values; its end, good or bad, is always noticed."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from runtime.child import Channel, Child, run_in_child
from runtime.failures import RunFailed, RunStopped

Emit = Callable[[object], None]


def count(upto: int, emit: Emit) -> int:
    for number in range(upto):
        emit(number)
    return sum(range(upto))


def process_id(_: None, __: Emit) -> int:
    return os.getpid()


def talk_and_break(words: str, _: Emit) -> None:
    print("printed by the child")
    os.write(1, b"written to descriptor 1\n")
    raise ValueError(words)


def break_below(_: None, __: Emit) -> None:
    print("(a process of its own) ValueError: the cause")
    print("\n".join(f"line {number}" for number in range(50)))
    raise RuntimeError("look above")


def have_a_child(_: None, channel: Channel) -> None:
    own = multiprocessing.get_context("spawn").Process(target=time.sleep, args=(60,))
    own.start()
    channel.send(own.pid)
    time.sleep(60)


def fork_one(_: None, __: Emit) -> int | None:
    """The exit code of a forked process; None if it is still there."""
    own = multiprocessing.get_context("fork").Process(target=int)
    own.start()
    own.join(20)
    code = own.exitcode
    own.kill()
    return code


def stop(_: None, __: Emit) -> None:
    raise RunStopped("The gate is closed.", "Look at the report.")


def kill_itself(_: None, emit: Emit) -> None:
    emit("alive")
    os.kill(os.getpid(), signal.SIGKILL)


def return_unpicklable(_: None, __: Emit) -> object:
    return lambda: None


def echo(_: None, channel: Channel) -> None:
    while True:
        channel.send(channel.receive())


def sleep(_: None, channel: Channel) -> None:
    channel.send(os.getpid())
    time.sleep(60)


def loaded(_: None, __: Emit) -> tuple[bool, int]:
    return "peft" in sys.modules, threading.active_count()


@pytest.fixture(params=[False, True], ids=["fresh", "forked"], autouse=True)
def forked(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Everything here holds for both ways in which children are started."""
    monkeypatch.setattr(Child.__init__, "__defaults__", (request.param,))
    monkeypatch.setattr(run_in_child, "__defaults__", (None, request.param))
    return bool(request.param)


def test_forks_have_the_libraries_and_no_thread_but_their_own(forked: bool) -> None:
    with_libraries, threads = run_in_child(loaded, None)
    assert with_libraries == forked
    assert threads == 2, "the main one, and the one that reads what the parent sends"


def blocked(_: None, __: Emit) -> bool:
    return "bitsandbytes" in sys.modules and sys.modules["bitsandbytes"] is None


def test_forks_are_kept_from_the_library_that_starts_cuda(forked: bool) -> None:
    """After that no fork could use the GPU."""
    assert run_in_child(blocked, None) == forked


def surroundings(_: None, __: Emit) -> tuple[str, str | None]:
    return os.getcwd(), os.environ.get("STAGESPEC_TEST")


def test_the_child_is_where_the_parent_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the parent has moved since the process began that children are forked from."""
    run_in_child(process_id, None)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STAGESPEC_TEST", "set")
    assert run_in_child(surroundings, None) == (str(tmp_path), "set")


def test_events_come_in_order_before_the_result() -> None:
    events: list[object] = []
    assert run_in_child(count, 100, events.append) == 4950
    assert events == list(range(100))


def test_the_function_runs_in_another_process_which_is_gone_afterwards() -> None:
    pid = run_in_child(process_id, None)
    assert pid != os.getpid()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_an_error_is_one_sentence_with_the_last_output_as_help(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(RunFailed) as caught:
        run_in_child(talk_and_break, "no\nluck")
    assert str(caught.value) == "test_child.talk_and_break failed with ValueError: no luck."
    assert "printed by the child" in caught.value.help
    assert "written to descriptor 1" in caught.value.help
    assert "Traceback" in caught.value.help
    assert capfd.readouterr() == ("", "")


def test_the_cause_is_shown_though_much_was_printed_after_it() -> None:
    with pytest.raises(RunFailed, match="look above") as caught:
        run_in_child(break_below, None)
    assert "ValueError: the cause" in caught.value.help
    assert "line 3\n" not in caught.value.help


@pytest.mark.parametrize("how", ["closed", "killed"])
def test_what_the_child_started_ends_with_it(how: str) -> None:
    with Child(have_a_child, None, "The child") as child:
        own = child.receive()
        if how == "killed":
            os.kill(child.pid, signal.SIGKILL)
    wait_until_gone(own)


def test_a_gate_that_closes_in_the_child_is_the_same_failure_here() -> None:
    with pytest.raises(RunStopped, match="The gate is closed") as caught:
        run_in_child(stop, None)
    assert caught.value.help == "Look at the report."


def test_a_killed_child_is_a_failure_and_not_a_hang() -> None:
    events: list[object] = []
    with pytest.raises(RunFailed, match="ended by signal 9, as the system does when memory runs out"):
        run_in_child(kill_itself, None, events.append)
    assert events == ["alive"]


def test_a_result_that_cannot_be_sent_is_a_failure() -> None:
    with pytest.raises(RunFailed, match="return_unpicklable failed with"):
        run_in_child(return_unpicklable, None)


def test_messages_go_both_ways_and_large_ones_do_not_block() -> None:
    with Child(echo, None, "Echo") as child:
        large = b"x" * 5_000_000
        child.send(large)
        child.send("second")
        assert child.receive() == large
        assert child.receive() == "second"


def test_closing_ends_a_busy_child_at_once() -> None:
    child = Child(sleep, None, "Sleep")
    pid = child.receive()
    began = time.monotonic()
    child.close()
    child.close()
    assert time.monotonic() - began < 3
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


# Tests that are run in the background were told to pass over interrupts.
PARENT = """
import signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.path[:0] = {paths!r}
import test_child
from runtime.child import Child
child = Child(test_child.sleep, None, "Sleep", {forked})
try:
    print(child.receive(), flush=True)
    time.sleep(60)
except KeyboardInterrupt:
    child.close()
"""


def start_parent(folder: Path, forked: bool) -> tuple[subprocess.Popen[str], int]:
    """A script without a main guard that holds a child; returns it and the child's process id."""
    here = Path(__file__).parent
    script = folder / "parent.py"
    script.write_text(textwrap.dedent(PARENT).format(paths=[str(here), str(here.parents[1])], forked=forked))
    parent = subprocess.Popen(
        [sys.executable, script],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert parent.stdout is not None
    return parent, int(parent.stdout.readline())


def wait_until_gone(pid: int) -> None:
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        if Path(f"/proc/{pid}/stat").exists() and Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z":
            return
        time.sleep(0.02)
    pytest.fail(f"process {pid} is still there")


def test_the_death_of_the_parent_ends_the_child(tmp_path: Path, forked: bool) -> None:
    parent, pid = start_parent(tmp_path, forked)
    parent.kill()
    parent.communicate()
    wait_until_gone(pid)


def test_ctrl_c_in_the_terminal_shows_nothing_from_the_child(tmp_path: Path, forked: bool) -> None:
    parent, pid = start_parent(tmp_path, forked)
    os.killpg(parent.pid, signal.SIGINT)
    out, err = parent.communicate(timeout=30)
    assert (out, err) == ("", "")
    wait_until_gone(pid)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nothing forks by itself")
def test_what_a_library_forks_does_not_wait_for_the_parent() -> None:
    """A forked process closes its standard input at once, and the parent's pipe is always being read."""
    assert run_in_child(fork_one, None) == 0
