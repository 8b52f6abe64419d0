"""Measure a GPU's work beside what is used for it elsewhere: vLLM by itself, transformers, TRL.

    python tests/benchmarks/gpu.py serve FOLDER --json figures.json [--replicas 4] [--rounds 2]
    python tests/benchmarks/gpu.py serve FOLDER --shape 8B --json figures.json
    python tests/benchmarks/gpu.py train FOLDER --json figures.json [--shape 1.7B] [--methods sft,dpo]
    python tests/benchmarks/gpu.py profile FOLDER --json profiles.json [--shape 1.7B]
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
import gpu_profile
import gpu_serving
import gpu_training

ITEMS = {"generate": 8000, "labels": 20_000, "likelihood": 20_000}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("what", choices=["serve", "train", "profile", "memory", "table"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--shape", choices=list(gpu_cases.SHAPES))
    parser.add_argument("--scratch", type=Path, default=Path(tempfile.gettempdir()))
    parser.add_argument("--replicas", default="1", help="numbers of our engines, as in 4,6")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--kinds", default="generate,labels,likelihood")
    parser.add_argument("--items", default="1", help="share of the full counts, or one for each kind")
    parser.add_argument("--methods", default="sft,dpo")
    parser.add_argument("--examples", type=int, default=1504)
    parser.add_argument("--default-examples", type=int, default=400, help="for TRL at its defaults")
    parser.add_argument("--seeds", type=int, default=3, help="of TRL at its best, and of ours")
    parser.add_argument("--weights", choices=["bf16", "nf4", "int8"], default="bf16", help="of our base")
    parser.add_argument("--others", action="store_true", help="memory of what the model was not fitted to")
    options = parser.parse_args()
    if options.what == "table":
        print(table(json.loads(options.folder.read_text(encoding="utf-8"))))
        return
    folder = model_folder(options)
    if options.what == "memory":
        gpu_memory.measure(folder, options.scratch, options.json, options.others)
        return
    name = options.shape or options.folder.name
    if options.what == "serve":
        kinds = options.kinds.split(",")
        parts = [float(part) for part in options.items.split(",")]
        parts = parts * len(kinds) if len(parts) == 1 else parts
        counts = {kind: round(ITEMS[kind] * part) for kind, part in zip(kinds, parts, strict=True)}
        replicas = [int(many) for many in options.replicas.split(",")]
        there = known(options.json)
        counts = {
            k: n for k, n in counts.items() if not all(f"{k} {name} x{many}" in there for many in replicas)
        }

        def keep(kind: str, many: int, figures: dict[str, Any]) -> None:
            keeper(options.json, f"{name} x{many}")(kind, figures)

        if counts:
            gpu_serving.rows(folder, counts, replicas, options.rounds, options.shape is not None, keep)
        return
    counts = {
        "ours": options.examples,
        "best": options.examples if options.seeds else 0,
        "defaults": options.default_examples,
    }
    if options.weights != "bf16":
        name = f"{name} {options.weights}"
    if options.what == "profile":
        for method in options.methods.split(","):
            keeper(options.json, name)(method, gpu_profile.profile(method, folder, options.weights))
        return
    for method in options.methods.split(","):
        if f"{method} {name}" not in known(options.json):
            keep = keeper(options.json, name)
            gpu_training.row(method, folder, counts, options.seeds, keep, options.weights)


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
