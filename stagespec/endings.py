"""How the command line ends: one sentence for a person, one exit code for scripts, never a traceback.

0 fine · 1 the spec or plan has errors · 2 wrong use · 3 a gate, certificate or critic stopped the run ·
4 the run failed · 130 stopped by the keyboard · 141 the reader of the output went away.
"""

from __future__ import annotations

import os
import sys
from typing import Any

import click

from runtime.failures import RunEnded, RunStopped

ERRORS, STOPPED, FAILED, INTERRUPTED, NO_READER = 1, 3, 4, 130, 141
EXTRAS = {"vllm": "pod", "bitsandbytes": "pod"}
HEAVY = frozenset(
    {
        *("torch", "transformers", "peft", "accelerate", "gguf", "tokenizers", "safetensors", "pyarrow"),
        *("scipy", "statsmodels", "datasketch", "psutil", "huggingface_hub", "vllm", "bitsandbytes"),
    }
)


class Refused(Exception):
    """What was given cannot be used; the sentence says why (exit 1)."""


class Endings(click.Group):
    """A group that turns whatever a command raises into a sentence and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
            return result
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Refused as refused:
            ctx.exit(say(str(refused), code=ERRORS))
        except RunEnded as ended:
            ctx.exit(say(str(ended), ended.help, STOPPED if isinstance(ended, RunStopped) else FAILED))
        except KeyboardInterrupt:
            again = "; run the same command again to go on" if ctx.invoked_subcommand == "run" else ""
            ctx.exit(say(f"stopped{again}", code=INTERRUPTED))
        except BrokenPipeError:
            # Python would complain once more when it flushes at its end: give it somewhere to flush to.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            ctx.exit(NO_READER)
        except Exception as error:
            ctx.exit(_unforeseen(error))


def say(sentence: str, help: str = "", code: int = FAILED) -> int:
    """One sentence on standard error, and what to do about it; returns the exit code."""
    kind = "stopped" if code == STOPPED else "" if code == INTERRUPTED else "error"
    click.echo(f"{click.style(kind, fg='red', bold=True)}: {sentence}" if kind else sentence, err=True)
    if help:
        click.echo(f"  {help}", err=True)
    return code


def _unforeseen(error: Exception) -> int:
    if isinstance(error, ModuleNotFoundError) and (error.name or "").split(".")[0] in HEAVY:
        package = str(error.name).split(".")[0]
        extra = EXTRAS.get(package, "laptop")
        return say(f"this needs {package}, which is not installed", f"pip install 'stagespec[{extra}]'")
    if isinstance(error, MemoryError):
        return say("there is not enough memory")
    import tempfile
    import traceback

    with tempfile.NamedTemporaryFile(
        "w", prefix="stagespec-", suffix=".txt", delete=False, encoding="utf-8"
    ) as file:
        file.write("".join(traceback.format_exception(error)))
    what = str(error).split("\n")[0] or type(error).__name__
    return say(f"something unforeseen went wrong: {what}", f"The whole story is in {file.name}")
