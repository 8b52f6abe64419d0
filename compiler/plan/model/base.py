"""What all types of the plan are made of."""

from __future__ import annotations

from dataclasses import field
from typing import Annotated, Any, dataclass_transform

from compiler.frozen import LATER, Frozen


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field,))
class Part(Frozen):
    """Fields are given by name. The compiler checks what it makes by its own lights; a plan that is read from
    a file is validated (`compiler.plan.reading`), and there a key that is not known is an error."""

    __pydantic_config__ = {"extra": "forbid"}


def later(default: Any) -> Any:
    """A field that came after plans had been archived. Where it has its default it is left out of the plan's
    canonical form, so that a spec which does not use it keeps its hash."""
    return field(default=default, metadata={LATER: True})


class Tagged(Frozen):
    """Says of a union which field names the type that is meant, to the one who reads it."""

    field: str

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        from pydantic import Field

        return handler(Annotated[source, Field(discriminator=self.field)])
