"""Measure a GPU's work beside what is used for it elsewhere: vLLM by itself, transformers, TRL.

    python tests/benchmarks/gpu.py serve FOLDER --json figures.json [--replicas 4] [--rounds 2]
    python tests/benchmarks/gpu.py serve FOLDER --shape 8B --json figures.json
    python tests/benchmarks/gpu.py train FOLDER --json figures.json [--shape 1.7B] [--methods sft,dpo]
    python tests/benchmarks/gpu.py memory FOLDER --json measured.json
    python tests/benchmarks/gpu.py table figures.json

FOLDER holds a model, Gemma 3 270M for the figures in the docs; a `--shape` takes its tokenizer and
random weights. Each row is written as soon as it is measured, and one that is there is not measured
again, so that a measurement may be cut off and gone on with. Within a row the peers take turns, on the
same prompts and weights; tokens are counted without padding, and starting is told apart.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gpu_cases
import gpu_memory
import gpu_serving
import gpu_training

ITEMS = {"generate": 8000, "labels": 20_000, "likelihood": 20_000}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("what", choices=["serve", "train", "memory", "table"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--shape", choices=list(gpu_cases.SHAPES))
    parser.add_argument("--scratch", type=Path, default=Path(tempfile.gettempdir()))
    parser.add_argument("--replicas", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--kinds", default="generate,labels,likelihood")
    parser.add_argument("--items", type=float, default=1.0, help="share of the full counts")
    parser.add_argument("--methods", default="sft,dpo")
    parser.add_argument("--examples", type=int, default=1504)
    parser.add_argument("--default-examples", type=int, default=400, help="for TRL at its defaults")
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    if options.what == "table":
        print(table(json.loads(options.folder.read_text(encoding="utf-8"))))
        return
    folder = model_folder(options)
    if options.what == "memory":
        gpu_memory.measure(folder, options.scratch, options.json)
        return
    name = options.shape or options.folder.name
    if options.what == "serve":
        kinds = options.kinds.split(",")
        counts = {kind: round(ITEMS[kind] * options.items) for kind in kinds}
        label = f"{name} x{options.replicas}"
        counts = {k: n for k, n in counts.items() if f"{k} {label}" not in known(options.json)}
        if counts:
            keep = keeper(options.json, label)
            dummy = options.shape is not None
            gpu_serving.rows(folder, counts, options.replicas, options.rounds, dummy, keep)
        return
    counts = {"ours": options.examples, "best": options.examples, "defaults": options.default_examples}
    for method in options.methods.split(","):
        if f"{method} {name}" not in known(options.json):
            gpu_training.row(method, folder, counts, options.seeds, keeper(options.json, name))


def model_folder(options: argparse.Namespace) -> Path:
    """The folder itself, or one of a shape; training needs weights in it, serving makes them up."""
    if options.shape is None:
        return options.folder
    folder = gpu_cases.shape_folder(options.shape, options.folder, options.scratch / options.shape)
    if options.what != "serve" and not list(folder.glob("*.safetensors")):
        gpu_cases.random_weights(folder)
    return folder


def known(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def keeper(path: Path, label: str) -> Callable[[str, dict[str, Any]], None]:
    """Adds a row to the file of figures at once."""

    def keep(kind: str, figures: dict[str, Any]) -> None:
        rows = {**known(path), f"{kind} {label}": {"gpu": gpu(), **figures}}
        path.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")

    return keep


def gpu() -> str:
    command = ["nvidia-smi", "--query-gpu=name,driver_version", "--format=csv,noheader"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return "none"


def table(rows: dict[str, Any]) -> str:
    """Markdown, a line for each row of the file."""
    lines = ["| row | items | ours | peer | times |", "|---|---|---|---|---|"]
    for name, row in rows.items():
        mean = {peer: sum(many) / len(many) for peer, many in row["rates"].items()}
        peers = [peer for peer in mean if peer != "ours"]
        for peer in peers:
            items = row.get("items") or row["runs"][peer][0]["examples"]
            lines.append(
                f"| {name} | {items:,} | {mean['ours']:,.1f} {row['unit']} | {peer} {mean[peer]:,.1f} "
                f"| {mean['ours'] / mean[peer]:.2f} |"
            )
        if "transformers_rate" in row:
            rate = row["transformers_rate"]
            lines.append(
                f"| {name} | {row['items']:,} | {mean['ours']:,.1f} {row['unit']} | transformers {rate:,.1f} "
                f"| {mean['ours'] / rate:.2f} |"
            )
    return "\n".join(lines)


if __name__ == "__main__":
    # What runs in child processes is found under the script's own name.
    sys.path.insert(0, str(Path(__file__).parents[2]))
    import gpu

    gpu.main()
