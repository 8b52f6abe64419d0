"""docs/BASE_MODEL_TRUTH.md: the lines of the certificate, in their order, with the limits of the code."""

from __future__ import annotations

import re

from blocks import DOCS

from runtime.certificate.lines import LINES
from runtime.certificate.lines.behaviour import LEAST_DISTINCT, LEAST_ENTROPY, LEAST_SENTINELS, MOST_LOSS
from runtime.certificate.lines.parity import TOLERANCE
from runtime.certificate.lines.tokenizer import MOST_TOKENS_PER_WORD
from runtime.certificate.sentinels import COMPLETIONS, INSTRUCTIONS, SCORED
from runtime.models.reference_text import ROUND_TRIPS

PAGE = (DOCS / "BASE_MODEL_TRUTH.md").read_text(encoding="utf-8")
ROWS = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", PAGE, re.MULTILINE))
NUMBERS = {4: "four", 5: "five", 12: "twelve"}


def test_the_lines_are_there_in_their_order() -> None:
    assert list(ROWS) == [*(line.__name__ for line in LINES), "adapter_parity"]


def test_the_limits_are_those_of_the_code() -> None:
    said = {
        "tokenizer_fidelity": [f"{MOST_TOKENS_PER_WORD} tokens a word", f"{NUMBERS[len(ROUND_TRIPS)]} texts"],
        "bos_policy": [f"at least {LEAST_ENTROPY} nats", f"more than {MOST_LOSS} nats a token"],
        "plain_completions": [f"{LEAST_SENTINELS:.0%} of {NUMBERS[len(COMPLETIONS)]}".replace("%", " %")],
        "bare_instructions": [f"{NUMBERS[len(INSTRUCTIONS)]} bare instructions"],
        "engine_parity": [f"{NUMBERS[len(SCORED)]} continuations"],
    }
    for line, limits in said.items():
        assert [limit for limit in limits if limit not in ROWS[line]] == [], line
    assert LEAST_DISTINCT == 0.5
    assert "half the tokens or more" in ROWS["bos_policy"]
    (most, mean), (most_bf16, mean_bf16) = TOLERANCE["float32"], TOLERANCE["bf16"]
    text = f"at most {most} nats ({mean} on average) in float32, {most_bf16} ({mean_bf16}) in bf16"
    assert text in ROWS["engine_parity"]


def test_a_chat_template_is_applied_in_one_place_and_to_chat_prompts_alone() -> None:
    root = DOCS.parent
    houses = (root / name for name in ("compiler", "runtime", "stagespec"))
    sources = {path: path.read_text(encoding="utf-8") for house in houses for path in house.rglob("*.py")}
    assert [path for path, text in sources.items() if ".apply_chat_template(" in text] == []
    calling = {str(path.relative_to(root)) for path, text in sources.items() if ".chat_ids(" in text}
    assert calling == {"runtime/work.py", "runtime/certificate/lines/prompts.py"}
    chosen = 'self.tokens.chat_ids(text) if kind == "chat" else self.tokens.prompt_ids(text)'
    assert sources[root / "runtime/work.py"].count("chat_ids(") == 1
    assert chosen in sources[root / "runtime/work.py"]
