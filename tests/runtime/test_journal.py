"""The journal survives what stops a run: crashes in the middle of a line, a full disk, a second run."""

import errno
import json

import pytest

from runtime import journal
from runtime.failures import RunFailed


def test_a_line_cut_off_by_a_crash_is_dropped_and_the_rest_is_kept(tmp_path):
    with journal.Journal(tmp_path) as log:
        log.append("result", key="a", result={"type": "x"})
        log.append("result", key="b", result={"type": "y"})
    path = tmp_path / journal.NAME
    whole = path.read_bytes()
    path.write_bytes(whole[:-7])
    with journal.Journal(tmp_path) as log:
        log.append("result", key="c", result={"type": "z"})
    assert [event["key"] for event in journal.read(path)] == ["a", "c"]


def test_results_of_runs_beside_are_found_by_key(tmp_path):
    for run, key in (("one", "a"), ("two", "b")):
        with journal.Journal(tmp_path / run) as log:
            log.append("result", key=key, result={"type": run})
            log.append("result", key="both", result={"type": run})
            log.append("kept", step="s", record="r")
    found = {"a": {"type": "one"}, "b": {"type": "two"}}
    for own in ("one", "two"):
        assert journal.results(tmp_path, tmp_path / own) == {**found, "both": {"type": own}}


@pytest.mark.parametrize(
    ("code", "said"),
    [(errno.ENOSPC, "is full"), (errno.EDQUOT, "is full"), (errno.EROFS, "cannot be written")],
)
def test_a_disk_that_refuses_is_one_sentence(tmp_path, code, said):
    with pytest.raises(RunFailed, match=said), journal.disk_errors(tmp_path / "x"):
        raise OSError(code, "no")


def test_a_file_is_there_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "manifest.json"
    journal.write_whole(path, "old")

    def full(*_):
        raise OSError(errno.ENOSPC, "no space")

    monkeypatch.setattr(journal.os, "fsync", full)
    with pytest.raises(RunFailed, match="is full"):
        journal.write_whole(path, "new")
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["manifest.json"]


def test_lines_are_plain_json_with_a_time(tmp_path):
    with journal.Journal(tmp_path) as log:
        log.append("decision", step="s", open=True)
    (line,) = (tmp_path / journal.NAME).read_text().splitlines()
    event = json.loads(line)
    assert event.pop("at").endswith("+00:00")
    assert event == {"event": "decision", "step": "s", "open": True}


def test_a_disk_that_fills_up_while_the_journal_closes_is_told_once(tmp_path, monkeypatch):
    log = journal.Journal(tmp_path)

    def full(*_):
        raise OSError(errno.ENOSPC, "no space")

    monkeypatch.setattr(journal.os, "fsync", full)
    with pytest.raises(RunFailed, match="is full"), log:
        log.append("result", key="a", result={})
    with pytest.raises(RunFailed, match="the first"), journal.Journal(tmp_path) as log:
        raise RunFailed("the first")
