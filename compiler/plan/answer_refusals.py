"""What answers nothing: silence, a bare yes, a refusal, the question begun again; and "I don't know".

Refusals are known by how they begin, in a list of plain phrases. One in other words passes for an answer,
and the check decides.
"""

from __future__ import annotations

import re

from compiler.plan.answer_text import own_part, words

_BARE = frozenset({"yes", "no", "ok", "okay", "sure", "true", "false", "yeah", "nope"})
_SORRY = r"(?:(?:i'?m (?:very |so )?sorry|i am (?:very |so )?sorry|sorry|unfortunately)[,.;]?\s*(?:but )?)?"
_UNABLE = (
    r"(?:i can ?not|i can't|i won't|i will not|i refuse to|i(?: would|'d) rather not"
    r"|i(?: am|'m) (?:unable|not able|not allowed|not going|not willing) to)"
)
_SERVICE = (
    r"(?:help|assist|answer|provide|complete|comply|fulfil|fulfill|write|create|generate|respond|discuss"
    r"|advise|recommend|engage|participate|support|encourage|give (?:you|out|any|advice)"
    r"|share (?:that|this|such|any)|do (?:that|this|it|so)|(?:talk|speak) about|(?:tell|show|teach) you"
    r"|explain (?:to you|how)|say (?:that|this))"
)
_DOUBT = r"(?!\s+(?:that |this )?(?:for (?:sure|certain)|exactly|with certainty))"  # of a doubt, no refusal
_REFUSAL = re.compile(
    rf"{_SORRY}(?:as an ai\b|i (?:do not|don't) understand\b|{_UNABLE} {_SERVICE}\b{_DOUBT}"
    r"|i (?:must |have to |will have to )?(?:decline|refuse)\b"
    r"|i(?: am|'m) not comfortable\b|i (?:do not|don't) feel comfortable\b)",
    re.IGNORECASE,
)
_IGNORANCE = re.compile(rf"(?:well,? )?{_SORRY}i (?:do not|don't) know\b", re.IGNORECASE)
_BUT = re.compile(r"[^.!?\n]*?\bbut\b,?\s*", re.IGNORECASE)


def says_nothing(instruction: str, answer: str) -> bool:
    """Empty, a bare yes or no, a refusal, or the instruction begun again."""
    given, asked = words(answer), words(instruction)
    if not given or (len(given) == 1 and given[0] in _BARE):
        return True
    return is_refusal(answer) or (len(given) >= 3 and given[:3] == asked[:3])


def is_refusal(answer: str) -> bool:
    """Whether an answer, without label and echo, begins as a refusal does."""
    return _REFUSAL.match(answer) is not None


def refuses(instruction: str, response: str) -> bool:
    """Whether a response, as it was written, refuses."""
    return is_refusal(own_part(instruction, response))


def admits_ignorance(answer: str) -> bool:
    """Whether an answer begins with "I don't know"."""
    return _IGNORANCE.match(answer) is not None


def beyond_ignorance(answer: str) -> str:
    """What an answer says after "I don't know ..., but"; nothing where it stops at that."""
    found = _BUT.match(answer)
    return answer[found.end() :] if found else ""
