"""How parts of a plan are called."""

PROFILE = "profile"  # the subject of a change that is no step's


def short(id: str) -> str:
    """A step's name without its stage."""
    return id.rpartition(".")[2]
