"""A template that would fill the memory stops at once, and one that people write passes."""

from __future__ import annotations

import pytest

from compiler.lower.template_limits import TooMuch, growing, try_out
from compiler.plan.prompts import environment

LETTERS = "aaaaaaaaaaaaaaaaaaaa"
VALUES = {"instruction": "text", "n": 1, "shots": [{"instruction": "text"}] * 2}
TEXTS = ("instruction", "shots")

FINE = [
    "{{ n * 2 }} {{ shots | length * 2 }} {{ 'a b' | wordcount * 2 }}",
    "{% for shot in shots %}{{ loop.index * 10 }}{{ loop.last }}{{ loop.length }}{% endfor %}",
    "{% for a, b in [(1, 2)] %}{{ a }}{% endfor %}{{ {'a': 1}['a'] }}{{ instruction ~ n }}",
    "{% set a = 10 %}{{ a * a % 7 }}{% filter upper %}{{ instruction }}{% endfilter %}",
    "{{ instruction | truncate(5000) }}{{ instruction | center(80) }}{{ n | round(2) }}",
    "{{ shots | map(attribute='instruction') | join(', ') }}{{ '%05d' | format(n) }}",
]

SEEN = [
    ("{{ 'a' * 10000000000 }}", "*"),
    ("{{ 10000000000 * instruction }}", "*"),
    ("{{ (instruction ~ 'b') * n }}", "*"),
    ("{{ (shots if n else []) * 9 }}", "*"),
    ("{{ ('a', 'b')[0] * 9999999999 }}", "*"),
    ("{{ 9 ** 9 ** 9 }}", "**"),
    ("{{ 'x' | center(500000000) }}", "center"),
    ("{{ 'x' | center(999 * 999 * 999) }}", "center"),
    ("{{ shots | map('center', 50000) | join }}", "map"),
    ("{{ shots | batch(90000000, 'x') | list }}", "batch"),
    ("{{ n | round(1000000000, 'ceil') }}", "round"),
    ("{{ '%0999999999d' | format(n) }}", "format"),
    ("{{ '%0999999999d' % n }}", "%"),
]

TRIED = [
    "{% set wide = 500000000 %}{{ 'x' | center(wide) }}",
    "{% set a = shots[0].instruction %}\n{{ a * 10000000000 }}",
    f"{{% set a = '{LETTERS}' %}}" + "{% set a = a ~ a %}" * 40,
    f"{{% set a = '{LETTERS}' %}}" + "{% set a = a + a %}" * 40,
    f"{{% set a = '{LETTERS}' %}}" + "{% set a %}{{ a }}{{ a }}{% endset %}" * 40 + "{{ a }}",
    "{% set a = ['x'] %}" + "{% set a = [a, a, a, a, a] %}" * 40 + "{{ a }}",
    "{% set a = 9 %}" + "{% set a = a * a %}" * 40 + "{{ a }}",
    "{{ 'a'" + f"| replace('a', '{LETTERS}')" * 12 + "}}",
    f"{{% for x in '{LETTERS}' %}}" * 12 + "x" + "{% endfor %}" * 12,
]


@pytest.mark.parametrize("template", FINE)
def test_what_people_write_passes(template: str) -> None:
    assert list(growing(environment().parse(template), TEXTS)) == []
    try_out(template, VALUES)


@pytest.mark.parametrize(("template", "sign"), SEEN)
def test_what_can_be_seen_is_refused_unrendered(template: str, sign: str) -> None:
    assert sign in [found for _, found, _ in growing(environment().parse(template), TEXTS)]


@pytest.mark.parametrize("template", TRIED)
def test_what_cannot_be_seen_stops_under_the_meter(template: str) -> None:
    with pytest.raises(TooMuch):
        try_out(template, VALUES)


def test_the_line_is_told() -> None:
    with pytest.raises(TooMuch) as stopped:
        try_out(f"a\nb\n{{% set a = '{LETTERS}' %}}\n{{{{ (a + a) * n * n * 99999 }}}}\n", VALUES)
    assert stopped.value.line == 4
