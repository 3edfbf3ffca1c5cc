"""The adapter of a student that answers with a label: trained on answers, it knows their wording and their classes.

Answers are read with `core.scoring`; two that say the same are one class, and the student answers in the wording that
is most frequent for it. A row whose answer cannot be read is not learned from.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydantic import BaseModel

from core.backend.students.errors import TrainingError
from core.backend.students.features import fit_features
from core.backend.students.objectives import LabelledRows, Objective, TrainedModel
from core.backend.students.request_reading import chat_messages
from core.backend.students.sizes import get_size
from core.backend.students.storage import StoredAdapter, write_adapter
from core.backend.students.template import PromptTemplate, detect_template
from core.backend.students.trained_choice import TrainedChoice
from core.backend.students.training_rows import TrainingRow
from core.scoring import AnswerFormat, content_text, read_answer

KIND = "label"
_MOST_CLASSES = 2_000
_FEW_CLASSES = 50  # up to here answers are labels, however few rows there are


@dataclass(frozen=True, kw_only=True)
class LabelAdapter:
    """A trained student that answers with one of `contents`. `best_epoch` counts from 1."""

    student: str
    template: PromptTemplate
    choice: TrainedChoice
    contents: tuple[str, ...]
    best_epoch: int

    def messages_for(self, requests: Sequence[Mapping[str, object]]) -> list[dict[str, object]]:
        """Return one assistant message a request, in order."""
        if not requests:
            return []
        texts = [self.template.text_of(chat_messages(request)) for request in requests]
        chosen = self.choice.probabilities(texts).argmax(axis=1)
        return [{"role": "assistant", "content": self.contents[place]} for place in chosen]

    def save(self, path: Path) -> None:
        """Write the adapter to one file, replacing what is there."""
        description = {
            "kind": KIND,
            "student": self.student,
            "prefix": self.template.prefix,
            "suffix": self.template.suffix,
            "contents": list(self.contents),
            "best_epoch": self.best_epoch,
        }
        write_adapter(path, description, self.choice.to_arrays("label"))

    @classmethod
    def restore(cls, stored: StoredAdapter) -> "LabelAdapter":
        """Return the adapter that `save` wrote. Raises `KeyError` or `ValueError` for other content."""
        saved = _SavedLabels.model_validate(stored.description)
        return cls(
            student=saved.student,
            template=PromptTemplate(prefix=saved.prefix, suffix=saved.suffix),
            choice=TrainedChoice.from_arrays("label", plans=get_size(saved.student).trained, arrays=stored.arrays),
            contents=saved.contents,
            best_epoch=saved.best_epoch,
        )


class _SavedLabels(BaseModel):
    """The description that `LabelAdapter.save` writes."""

    student: str
    prefix: str
    suffix: str
    contents: tuple[str, ...]
    best_epoch: int


class LabelLesson:
    """What a student is taught from rows whose answers are labels. Raises `TrainingError` when they are not."""

    def __init__(
        self,
        train: Sequence[TrainingRow],
        validation: Sequence[TrainingRow],
        *,
        student: str,
        answer_format: AnswerFormat,
    ) -> None:
        self._student, self._format = student, answer_format
        readable = [(row, key) for row in train if (key := self._key(row)) is not None]
        wordings = _wordings(readable)
        self._contents = tuple(wordings.values())
        self._template = detect_template([row.messages for row, _ in readable])
        fitted = fit_features([self._template.text_of(row.messages) for row, _ in readable], get_size(student).trained)
        self._features = fitted.features
        places = {key: place for place, key in enumerate(wordings)}
        classes = np.array([places[key] for _, key in readable], np.int64)
        self.objectives = (
            Objective(
                train=LabelledRows(rows=fitted.rows, classes=classes),
                validation=self._validation_rows(validation, places),
            ),
        )

    def finish(self, models: Sequence[TrainedModel]) -> LabelAdapter:
        """Return the adapter made of the trained model of the one objective."""
        return LabelAdapter(
            student=self._student,
            template=self._template,
            choice=TrainedChoice(features=self._features, model=models[0].model),
            contents=self._contents,
            best_epoch=models[0].best_epoch,
        )

    def _key(self, row: TrainingRow) -> str | None:
        return read_answer(row.answer, self._format).key

    def _validation_rows(self, rows: Sequence[TrainingRow], places: Mapping[str, int]) -> LabelledRows | None:
        """Return the rows whose class can be learned; a label that training never shows has no probability."""
        known = [(row, places[key]) for row in rows if (key := self._key(row) or "") in places]
        if not known:
            return None
        texts = [self._template.text_of(row.messages) for row, _ in known]
        return LabelledRows(
            rows=self._features.rows_of(texts), classes=np.array([place for _, place in known], np.int64)
        )


def _wordings(rows: Sequence[tuple[TrainingRow, str]]) -> dict[str, str]:
    """Return the most frequent wording of each class, classes in alphabetical order."""
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for row, key in rows:
        counts[key][content_text(row.answer.get("content"))] += 1
    if not counts:
        raise TrainingError("The training file: no row has an answer that can be read; check the answer format.")
    if len(counts) > _MOST_CLASSES or len(counts) > max(_FEW_CLASSES, len(rows) / 2):
        raise TrainingError(
            f"The training file: {len(counts)} different answers in {len(rows)} rows are free text, not labels; the "
            "local students learn labels and tool calls only. Choose another workload or a larger model."
        )
    return {key: min(counts[key], key=lambda wording: (-counts[key][wording], wording)) for key in sorted(counts)}
