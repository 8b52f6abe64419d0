"""Immutable values that are cheap to declare.

The standard library's `dataclass` writes methods for each class and compiles them, which takes every process
about a millisecond a class. Here the methods are written once. What is declared is a dataclass all the same,
so `fields`, `replace` and pydantic know it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import MISSING, Field, FrozenInstanceError, dataclass, field, fields
from typing import Any, ClassVar, dataclass_transform

LATER = "later"  # of a field's metadata: it is left out where it has its default


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
class Frozen:
    """Fields are given by place or by name. Values are equal when their types and all fields are."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]
    _fields: ClassVar[dict[str, Field[Any]]]
    _defaults: ClassVar[dict[str, Any]]
    _factories: ClassVar[dict[str, Callable[[], Any]]]
    _later: ClassVar[dict[str, Any]]  # of those that are left out where they have it, the default

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        # A class without a docstring would get its signature as one, which takes longer than all the rest.
        cls.__doc__ = cls.__doc__ or cls.__name__
        dataclass(init=False, repr=False, eq=False)(cls)
        cls._fields = {one.name: one for one in fields(cls)}
        own = cls._fields.items()
        cls._defaults = {name: one.default for name, one in own if one.default is not MISSING}
        cls._later = {name: one.default for name, one in own if one.metadata.get(LATER)}
        cls._factories = {
            name: one.default_factory for name, one in own if one.default_factory is not MISSING
        }

    def __init__(self, /, *values: Any, **named: Any) -> None:
        known, given = self._fields, self.__dict__
        given.update(self._defaults)
        given.update(zip(known, values, strict=False), **named)
        for name, make in self._factories.items():
            if name not in given:
                given[name] = make()
        if given.keys() != known.keys() or len(values) > len(known):
            wrong = ", ".join(sorted(given.keys() ^ known.keys())) or f"{len(values)} values"
            raise TypeError(f"{type(self).__name__} has the fields {', '.join(known)}; wrong: {wrong}")

    def __setattr__(self, name: str, value: Any) -> None:
        raise FrozenInstanceError(f"{type(self).__name__}.{name} cannot be set")

    def __delattr__(self, name: str) -> None:
        raise FrozenInstanceError(f"{type(self).__name__}.{name} cannot be deleted")

    def named_values(self) -> Iterator[tuple[str, Any]]:
        """Names and values, in the order of the fields."""
        return zip(self._fields, self._values(), strict=True)

    def left_out_at(self) -> dict[str, Any]:
        """The defaults of those fields that are left out where they have them."""
        return self._later

    def _values(self) -> tuple[Any, ...]:
        return tuple(map(self.__dict__.__getitem__, self._fields))

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other):
            return NotImplemented
        return self._values() == other._values()

    def __hash__(self) -> int:
        return hash((type(self), *self._values()))

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in self.named_values())
        return f"{type(self).__name__}({shown})"


class Plentiful(Frozen):
    """A value that is made by the thousand. All of its fields have to be given, and it has no subclasses.

    The first of each kind compiles an `__init__` for those that follow: as cheap to declare, quicker to make.
    It does not ask for `__dict__`, so that Python keeps the fields in the value itself, without a dictionary.
    """

    def __init__(self, /, *values: Any, **named: Any) -> None:
        super().__init__(*values, **named)
        kind, names = type(self), list(self._fields)
        lines = [
            f"def __init__(self, {', '.join(names)}):",
            *(f"    put(self, {name!r}, {name})" for name in names),
        ]
        written: dict[str, Any] = {"put": object.__setattr__}
        exec("\n".join(lines), written)
        kind.__init__ = written["__init__"]  # type: ignore[method-assign]
