"""A finding of the doctor: something that is well, or one sentence that says what to do."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """`sentence` holds no secret and nothing of a caller."""

    is_well: bool
    sentence: str

    def __str__(self) -> str:
        return f"{'✓' if self.is_well else '✗'} {self.sentence}"


def well(sentence: str) -> Finding:
    """Nothing to do."""
    return Finding(is_well=True, sentence=sentence)


def fault(sentence: str) -> Finding:
    """Something to do."""
    return Finding(is_well=False, sentence=sentence)
