"""The sums that a program made: the script makes the file again, and clusters mean skeletons."""

from __future__ import annotations

import runpy
from collections import Counter, defaultdict

from likeness import masked
from stage_files import DATA, FILES

SUMS = next(file for file in FILES if file.role == "made")
SCRIPT = runpy.run_path(str(DATA / "make_sums.py"), run_name="make_sums")


def test_the_script_makes_the_file_byte_for_byte() -> None:
    assert SCRIPT["text"]().encode() == (DATA / SUMS.path).read_bytes()


def test_there_are_many_skeletons_and_all_are_used_alike() -> None:
    clusters = Counter(row["cluster"] for row in SUMS.rows())
    assert len(clusters) == len(SCRIPT["SKELETONS"]) >= 40
    assert max(clusters.values()) - min(clusters.values()) <= 1


def test_no_skeleton_stands_in_two_clusters() -> None:
    clusters: dict[str, set[object]] = defaultdict(set)
    for row in SUMS.rows():
        clusters[masked(SUMS.text_of(row))].add(row["cluster"])
    assert [skeleton for skeleton, names in clusters.items() if len(names) > 1] == []


def test_no_result_stands_among_the_numbers_of_its_item() -> None:
    assert all(str(row["reference"]) not in SUMS.text_of(row).split() for row in SUMS.rows())
