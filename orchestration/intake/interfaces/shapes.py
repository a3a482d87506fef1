"""What an answer must look like: strict shapes that name what is used. Whatever else an answer holds is not taken along.

A shape is at once the check and the list of what may be kept. Nothing is converted: a number where a text belongs is
another shape, and another shape is another version of the interface.
"""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from orchestration.intake.interfaces.errors import InterfaceError

UnitCode = Annotated[str, StringConstraints(pattern=r"^[0-9]{8}$")]
MunicipalityCode = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}$")]
Text = Annotated[str, StringConstraints(min_length=1, max_length=300, pattern=r"^[^\x00-\x1f\x7f-\x9f]+$")]


class Shape(BaseModel):
    """A part of an answer. Fields that are not named are dropped."""

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True, allow_inf_nan=False, populate_by_name=True)

    def kept(self) -> dict[str, Any]:
        """The part as it is kept."""
        return self.model_dump(mode="json")


S = TypeVar("S", bound=Shape)


def shaped(shape: type[S], value: Any, *, url: str) -> S:
    """`value` in its shape. Raises A-SHAPE naming the first field that differs, and never what stood in it."""
    try:
        return shape.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_input=False, include_context=False, include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"] if isinstance(part, str)) or "answer"
        raise InterfaceError("A-SHAPE", url=url, what=f"{field}: {first['type']}") from None
