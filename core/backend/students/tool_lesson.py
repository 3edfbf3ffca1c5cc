"""What a student is taught from rows whose answers are tool calls, in parts that are trained side by side.

The router learns the tool, the tagger the values that are written in the request, and for each argument that is chosen
a choice learns its values.
"""

import json
from collections import Counter
from collections.abc import Sequence

import numpy as np

from core.backend.students.argument_values import find_written
from core.backend.students.call_rows import (
    ArgumentHabits,
    CallRow,
    find_enumerated,
    has_call,
    read_call_rows,
    study_arguments,
)
from core.backend.students.errors import TrainingError
from core.backend.students.features import fit_features
from core.backend.students.objectives import LabelledRows, Objective, TrainedModel
from core.backend.students.sizes import StudentSize, get_size
from core.backend.students.span_tagger import OUTSIDE, SpanTagger
from core.backend.students.template import detect_template
from core.backend.students.token_features import TokenSequence, fit_token_features
from core.backend.students.tokens import tokenize, tokens_between
from core.backend.students.tool_adapter import ABSENT, ToolAdapter, ToolSkills, ValueChoice, request_for_choice
from core.backend.students.trained_choice import TrainedChoice
from core.backend.students.training_rows import TrainingRow

_LEAST_TIMES = 2  # that a chosen value must have been given
_MOST_VALUES = 500  # that a choice learns, the most frequent ones


class ToolLesson:
    """The objectives of a student that calls tools. Raises `TrainingError` when no row holds a readable call."""

    def __init__(self, train: Sequence[TrainingRow], validation: Sequence[TrainingRow], *, student: str) -> None:
        self._student, size = student, get_size(student)
        readable = [row for row in train if has_call(row)]
        if not readable:
            raise TrainingError("The training file: no row has a tool call with readable arguments; check the answers.")
        self._template = detect_template([row.messages for row in readable])
        rows, checks = read_call_rows(readable, self._template), read_call_rows(validation, self._template)
        self._habits = study_arguments(rows, enumerated=find_enumerated(readable))
        self._router = _ChoicePart(
            [(row.text, row.tool) for row in rows], [(row.text, row.tool) for row in checks], size=size
        )
        self._tagger = _TaggerPart(rows, checks, habits=self._habits, size=size)
        self._choices = {
            argument: part
            for argument in sorted(self._habits.chosen)
            if (part := _value_part(argument, rows, checks, habits=self._habits, size=size)) is not None
        }
        self.objectives = (
            self._router.objective,
            *([self._tagger.objective] if self._tagger.is_needed else []),
            *(part.objective for part in self._choices.values()),
        )

    def finish(self, models: Sequence[TrainedModel]) -> ToolAdapter:
        """Return the adapter made of the trained models, in the order of the objectives."""
        trained = iter(models)
        router = next(trained)
        tagger = self._tagger.finish(next(trained)) if self._tagger.is_needed else None
        choices = {
            argument: ValueChoice(choice=part.finish(next(trained)), values=part.values)
            for argument, part in self._choices.items()
        }
        skills = ToolSkills(
            tools=self._router.values,
            router=self._router.finish(router),
            tagger=tagger,
            arguments=self._habits.by_tool,
            choices=choices,
            spellings=self._habits.spellings,
        )
        return ToolAdapter(student=self._student, template=self._template, skills=skills, best_epoch=router.best_epoch)


class _ChoicePart:
    """Learns one of `values` for a text, from pairs of both."""

    def __init__(
        self, train: Sequence[tuple[str, str]], validation: Sequence[tuple[str, str]], *, size: StudentSize
    ) -> None:
        self.values = tuple(sorted({value for _, value in train}))
        places = {value: place for place, value in enumerate(self.values)}
        fitted = fit_features([text for text, _ in train], size.trained)
        self._features = fitted.features
        known = [(text, places[value]) for text, value in validation if value in places]
        checked = LabelledRows(
            rows=self._features.rows_of([text for text, _ in known]),
            classes=np.array([place for _, place in known], np.int64),
        )
        self.objective = Objective(
            train=LabelledRows(rows=fitted.rows, classes=np.array([places[value] for _, value in train], np.int64)),
            validation=checked if known else None,
        )

    def finish(self, trained: TrainedModel) -> TrainedChoice:
        return TrainedChoice(features=self._features, model=trained.model)


class _TaggerPart:
    """Learns the tag of each token; not needed when nothing but O occurs."""

    def __init__(
        self, train: Sequence[CallRow], validation: Sequence[CallRow], *, habits: ArgumentHabits, size: StudentSize
    ) -> None:
        sequences = [_as_sequence(row) for row in train]
        tags = [tag for row, own in zip(train, sequences, strict=True) for tag in _tag(row, own, habits)]
        self._tags = tuple(sorted(set(tags)))
        self.is_needed = any(tag != OUTSIDE for tag in self._tags)
        places = {tag: place for place, tag in enumerate(self._tags)}
        fitted = fit_token_features(sequences, bits=size.token_bits)
        self._features = fitted.features
        self.objective = Objective(
            train=LabelledRows(rows=fitted.rows, classes=np.array([places[tag] for tag in tags], np.int64)),
            validation=self._validation(validation, places, habits=habits),
        )

    def finish(self, trained: TrainedModel) -> SpanTagger:
        return SpanTagger(features=self._features, model=trained.model, tags=self._tags)

    def _validation(
        self, rows: Sequence[CallRow], places: dict[str, int], *, habits: ArgumentHabits
    ) -> LabelledRows | None:
        sequences = [_as_sequence(row) for row in rows]
        tags = [tag for row, own in zip(rows, sequences, strict=True) for tag in _tag(row, own, habits)]
        known = np.flatnonzero([tag in places for tag in tags])
        if not len(known):
            return None
        classes = np.array([places[tags[number]] for number in known], np.int64)
        return LabelledRows(rows=self._features.rows_of(sequences)[known], classes=classes)


def _as_sequence(row: CallRow) -> TokenSequence:
    return TokenSequence(tokens=tokenize(row.text), tool=row.tool)


def _tag(row: CallRow, sequence: TokenSequence, habits: ArgumentHabits) -> list[str]:
    """Return the tag of each token; where two values claim a token, the first keeps it."""
    tags = [OUTSIDE] * len(sequence.tokens)
    for name, value in row.arguments.items():
        written = None if name in habits.enumerated else find_written(value, row.text)
        if written is None:
            continue
        places = tokens_between(sequence.tokens, *written)
        if any(tags[place] != OUTSIDE for place in places):
            continue
        for number, place in enumerate(places):
            tags[place] = f"{'B' if number == 0 else 'I'}-{name}"
    return tags


def _value_part(
    argument: str,
    train: Sequence[CallRow],
    validation: Sequence[CallRow],
    *,
    habits: ArgumentHabits,
    size: StudentSize,
) -> _ChoicePart | None:
    """Return the part that learns an argument's values, None when they are all too rare to learn."""
    pairs = _value_pairs(argument, train, habits=habits)
    counts = Counter(value for _, value in pairs)
    learned = {value for value, times in counts.most_common(_MOST_VALUES) if times >= _LEAST_TIMES or value == ABSENT}
    if not learned - {ABSENT}:
        return None
    return _ChoicePart(
        [(text, value) for text, value in pairs if value in learned],
        _value_pairs(argument, validation, habits=habits),
        size=size,
    )


def _value_pairs(argument: str, rows: Sequence[CallRow], *, habits: ArgumentHabits) -> list[tuple[str, str]]:
    """Return the texts of all calls of the tools that know the argument, with its value as JSON.

    A value that the tagger finds is absent here, as is one that was not given.
    """
    pairs = []
    for row in rows:
        if argument not in habits.by_tool.get(row.tool, ()):
            continue
        value = row.arguments.get(argument)
        is_tagged = argument not in habits.enumerated and find_written(value, row.text) is not None
        pairs.append(
            (request_for_choice(row.tool, row.text), ABSENT if is_tagged else json.dumps(value, sort_keys=True))
        )
    return pairs
