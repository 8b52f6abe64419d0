"""What all types of the plan are made of."""

from __future__ import annotations

from dataclasses import field
from typing import Annotated, Any, dataclass_transform

from compiler.frozen import Frozen


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field,))
class Part(Frozen):
    """Fields are given by name. The compiler checks what it makes by its own lights; a plan that is read from
    a file is validated (`compiler.plan.reading`), and there a key that is not known is an error."""

    __pydantic_config__ = {"extra": "forbid"}


class Tagged(Frozen):
    """Says of a union which field names the type that is meant, to the one who reads it."""

    field: str

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        from pydantic import Field

        return handler(Annotated[source, Field(discriminator=self.field)])
