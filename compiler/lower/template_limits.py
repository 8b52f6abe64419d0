"""How much a template may write. One that multiplies or pads a text without bound would stop the compiler
itself, and not just a run: what can be seen is refused, and the rest is tried out under a meter."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, wraps
from typing import Any, ClassVar

from jinja2 import StrictUndefined, nodes
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.visitor import NodeTransformer

from compiler.plan.prompts import environment

MOST = 1_000_000  # characters, list entries and rounds of loops that one rendering may take
WIDEST = 1_000  # the most that a filter may be told to pad to, or to count to
PADDING = frozenset({"batch", "center", "indent", "map", "round", "slice", "tojson", "wordwrap"})
NUMBERS = frozenset({"abs", "count", "float", "int", "length", "round", "sum", "wordcount"})
_WIDE = re.compile(r"%[^a-zA-Z%]*\d{4}")  # of a printf format


class TooMuch(Exception):
    """A template wrote more than it may. `line` is the template's."""

    line: int = 1


def growing(parsed: nodes.Template, texts: Iterable[str]) -> Iterator[tuple[str, str, int]]:
    """What can be seen to grow without bound: why, the sign or word that does it, and its line.

    `texts` are the variables that hold a text or a list.
    """
    known = frozenset(texts)
    for power in parsed.find_all(nodes.Pow):
        yield "a template may not raise to a power", "**", power.lineno
    for times in parsed.find_all(nodes.Mul):
        if _is_text(times.left, known) or _is_text(times.right, known):
            yield "a template may not multiply a text or a list", "*", times.lineno
    for rest in parsed.find_all(nodes.Mod):
        if _is_wide_format(rest.left):
            yield f"a template may not pad to more than {WIDEST:,} characters", "%", rest.lineno
    for used in parsed.find_all(nodes.Filter):
        given = [*used.args, *(one.value for one in used.kwargs)]
        wide = used.name in PADDING and any(map(_may_be_wide, given))
        if wide or (used.name == "format" and used.node is not None and _is_wide_format(used.node)):
            yield f"{used.name} may not go beyond {WIDEST:,} in a template", used.name, used.lineno


def _is_text(node: nodes.Node, texts: frozenset[str]) -> bool:
    """Whether it can be seen to be a text or a list."""
    match node:
        case nodes.Const():
            return isinstance(node.value, str)
        case nodes.List() | nodes.Tuple() | nodes.Concat() | nodes.TemplateData():
            return True
        case nodes.Name():
            return node.name in texts
        case nodes.Filter():
            return node.name not in NUMBERS
        case nodes.Add() | nodes.Mul():
            return _is_text(node.left, texts) or _is_text(node.right, texts)
        case nodes.Getitem():
            return isinstance(node.node, nodes.Literal) and _is_text(node.node, texts)
        case nodes.CondExpr():
            return any(_is_text(one, texts) for one in (node.expr1, node.expr2) if one is not None)
    return False


def _is_wide_format(node: nodes.Node) -> bool:
    return isinstance(node, nodes.Const) and isinstance(node.value, str) and bool(_WIDE.search(node.value))


def _may_be_wide(given: nodes.Expr) -> bool:
    numbers = [given] if isinstance(given, nodes.Const) else list(given.find_all(nodes.Const))
    multiplied = isinstance(given, nodes.Mul) or given.find(nodes.Mul) is not None
    return multiplied or any(_is_wide(one.value) for one in numbers)


def _is_wide(value: object) -> bool:
    return isinstance(value, int | float) and abs(value) > WIDEST


def try_out(template: str, values: Mapping[str, Any]) -> None:
    """Render under a meter. Raises TooMuch, and whatever a template can raise."""
    meter = _metered()
    meter.left = MOST
    try:
        for _ in meter.from_string(_wrapped(meter, template)).generate(dict(values)):
            pass  # what it writes is measured where it is made
    except TooMuch as too_much:
        too_much.line = failing_line(too_much)
        raise


def failing_line(error: BaseException) -> int:
    """The line of a template in which filling it in failed."""
    line, at = 1, error.__traceback__
    while at is not None:
        if at.tb_frame.f_code.co_filename == "<template>":
            line = at.tb_lineno
        at = at.tb_next
    return line


@cache
def _metered() -> _Metered:
    return _Metered()


class _Metered(ImmutableSandboxedEnvironment):
    """As the environment of all templates, but every text that is made is taken off what is `left`."""

    intercepted_binops: ClassVar[frozenset[str]] = frozenset({"+", "*", "**", "%"})  # type: ignore[misc]

    def __init__(self) -> None:
        super().__init__(
            undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True, finalize=self.take
        )
        self.left = MOST
        self.globals.clear()
        self.filters = {name: self._filter(name, of) for name, of in environment().filters.items()}
        self.filters["metered"] = self.take
        self.filters["metered entries"] = self._entries

    def take(self, value: Any) -> Any:
        self.left -= _size(value, self.left)
        if self.left < 0:
            raise TooMuch
        return value

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        sizes = [len(one) if isinstance(one, str | list | tuple) else one for one in (left, right)]
        numbers = all(isinstance(one, int | float) for one in (left, right))
        if operator == "**" or (operator == "*" and not numbers and _product(sizes) > self.left):
            raise TooMuch
        if operator == "%" and isinstance(left, str) and _WIDE.search(left):
            raise TooMuch
        return self.take(super().call_binop(context, operator, left, right))

    def _filter(self, name: str, of: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(of)
        def metered(*args: Any, **kwargs: Any) -> Any:
            if name in PADDING and any(map(_is_wide, [*args[1:], *kwargs.values()])):
                raise TooMuch
            if name == "format" and _WIDE.search(str(args[0])):
                raise TooMuch
            return self.take(of(*args, **kwargs))

        return metered

    def _entries(self, many: Iterable[Any], plain: int) -> Iterator[Any]:
        """The entries of a loop, in which so many characters stand that are written as they are."""
        for one in many:
            self.left -= plain + 1
            self.take(None)
            yield one


def _product(sizes: Sequence[Any]) -> float:
    left, right = sizes
    return left * right if isinstance(left, int) and isinstance(right, int) else 0


def _size(value: Any, most: int) -> int:
    """Characters, entries and digits in a value; counting ends above `most`."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, int):
        return value.bit_length() // 3
    if not isinstance(value, list | tuple | dict):
        return 1
    size = len(value)
    for part in value.values() if isinstance(value, dict) else value:
        if size > most:
            break
        size += _size(part, most - size)
    return size


class _Wrapping(NodeTransformer):
    """Puts the meter where a value is made or gone through without an operator or a filter."""

    def __init__(self, meter: _Metered) -> None:
        self.meter = meter

    def visit_For(self, node: nodes.For) -> nodes.For:
        plain = sum(len(data.data) for data in node.find_all(nodes.TemplateData))
        self.generic_visit(node)
        assert isinstance(node.iter, nodes.Expr)
        node.iter = self._through("metered entries", node.iter, nodes.Const(plain))
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Expr:
        return self._made(node)

    def visit_List(self, node: nodes.List) -> nodes.Expr:
        return self._made(node)

    def visit_Dict(self, node: nodes.Dict) -> nodes.Expr:
        return self._made(node)

    def visit_Tuple(self, node: nodes.Tuple) -> nodes.Expr:
        return self._made(node) if node.ctx == "load" else node

    def _made(self, node: nodes.Expr) -> nodes.Expr:
        self.generic_visit(node)
        return self._through("metered", node)

    def _through(self, name: str, node: nodes.Expr, *given: nodes.Expr) -> nodes.Filter:
        return nodes.Filter(node, name, [*given], [], None, None, lineno=node.lineno, environment=self.meter)


def _wrapped(meter: _Metered, template: str) -> nodes.Template:
    wrapped = _Wrapping(meter).visit(meter.parse(template))
    assert isinstance(wrapped, nodes.Template)
    return wrapped
