"""The students there are, and how much text each of them sees.

A student is a linear model over hashed n-grams. Its size is the set of n-grams it looks at: larger ones see more of a
text, need more memory and answer better. Nothing is pretrained.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from core.backend.students.ngrams import NgramPlan
from core.errors import NotFoundError, near_miss


@dataclass(frozen=True, kw_only=True)
class StudentSize:
    """One student.

    `trained` are the n-grams of its adapters, `prompted` those it compares a text and a prompt by; its features of
    single tokens fall into `2 ** token_bits` buckets.
    """

    name: str
    summary: str
    trained: tuple[NgramPlan, ...]
    prompted: tuple[NgramPlan, ...]
    token_bits: int


_WORDS = NgramPlan(unit="word", shortest=1, longest=1, bits=16)

STUDENTS: Mapping[str, StudentSize] = MappingProxyType(
    {
        size.name: size
        for size in (
            StudentSize(
                name="local/linear-small",
                summary="words and pairs of words in 32 thousand buckets",
                trained=(NgramPlan(unit="word", shortest=1, longest=2, bits=15),),
                prompted=(_WORDS,),
                token_bits=14,
            ),
            StudentSize(
                name="local/linear-medium",
                summary="words and pairs of words in 262 thousand buckets",
                trained=(NgramPlan(unit="word", shortest=1, longest=2, bits=18),),
                prompted=(_WORDS, NgramPlan(unit="character", shortest=5, longest=5, bits=16)),
                token_bits=16,
            ),
            StudentSize(
                name="local/linear-large",
                summary="words, pairs of words and 2 to 5 characters within words in 786 thousand buckets",
                trained=(
                    NgramPlan(unit="word", shortest=1, longest=2, bits=18),
                    NgramPlan(unit="character", shortest=2, longest=5, bits=19),
                ),
                prompted=(_WORDS, NgramPlan(unit="character", shortest=3, longest=5, bits=16)),
                token_bits=18,
            ),
        )
    }
)


def get_size(student: str) -> StudentSize:
    """Return the student of this name. Raises `NotFoundError` with the near miss."""
    if student not in STUDENTS:
        raise NotFoundError(
            f"The local backend has no student {student!r}; it has {', '.join(STUDENTS)}"
            f"{near_miss(student, tuple(STUDENTS))}.",
            field="model",
        )
    return STUDENTS[student]
