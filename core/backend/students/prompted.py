"""The base student for labels: it knows its prompt and nothing else.

It compares the text with each label's name and description, and with the texts of the examples in the prompt, by the
words and characters they share (cosine of weighted n-grams). A close example counts for its answer; a text that shares
too little with any label gets the label that the prompt wants in doubt.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from core.backend.students.examples import Example
from core.backend.students.features import FloatArray, TextFeatures, fit_features
from core.backend.students.label_list import Label
from core.backend.students.ngrams import CountMatrix
from core.backend.students.plain_words import plain_words
from core.backend.students.request_reading import ReadRequest
from core.backend.students.sizes import StudentSize
from core.scoring import content_text, fold_answer, label_of

EXAMPLE_WEIGHT = 2.0  # of an example that equals the text, against a description that does
EXAMPLE_POWER = 2.0  # close examples count, distant ones hardly
DOUBT = 0.15  # similarity below which the default label is answered
_TEXT_LENGTH_LIMIT = 200  # characters of the text that is echoed when the prompt names no labels


def answer_from_prompt(read: ReadRequest, size: StudentSize) -> str:
    """Return the content of the answer to one request; its first line where the prompt names no label at all."""
    choices = _Choices(read)
    if not choices.contents:
        return read.text.split("\n")[0][:_TEXT_LENGTH_LIMIT]
    scores = np.zeros(len(choices.contents), np.float32)
    if read.labels:
        known = _known_labels(read.labels, size)
        scores[: len(read.labels)] = similarities(known.features.rows_of([plain_words(read.text)]), known.rows)
    if read.examples:
        near = EXAMPLE_WEIGHT * _example_similarities(read, size) ** EXAMPLE_POWER
        np.add.at(scores, choices.of_examples, near)
    if read.default is not None and scores.max() < DOUBT:
        return choices.contents[read.labels.index(read.default)]
    return choices.contents[int(scores.argmax())]


def similarities(row: CountMatrix, rows: CountMatrix) -> FloatArray:
    """Return the cosine of one row of unit length with each of `rows`."""
    return np.asarray((rows @ row.T).toarray(), np.float32).ravel()


class _Choices:
    """The contents a request can be answered with: one a label, and those of examples that are no label.

    `of_examples` holds the choice of each example. An example's own wording goes before the one made from the label.
    """

    def __init__(self, read: ReadRequest) -> None:
        self.contents = [read.wrapping.wrap(label.name) for label in read.labels]
        places = {fold_answer(label.name): place for place, label in enumerate(read.labels)}
        self.of_examples = [self._place(example, places) for example in read.examples]

    def _place(self, example: Example, places: dict[str, int]) -> int:
        content = content_text(example.message.get("content"))
        key = fold_answer(label_of({"choices": [{"message": example.message}]}) or content)
        if key not in places:
            places[key] = len(self.contents)
            self.contents.append(content)
        self.contents[places[key]] = content
        return places[key]


class _KnownLabels(NamedTuple):
    features: TextFeatures
    rows: CountMatrix


@lru_cache(maxsize=64)
def _known_labels(labels: tuple[Label, ...], size: StudentSize) -> _KnownLabels:
    documents = [plain_words(f"{label.name} {label.description}") for label in labels]
    fitted = fit_features(documents, size.prompted)
    return _KnownLabels(features=fitted.features, rows=fitted.rows)


def _example_similarities(read: ReadRequest, size: StudentSize) -> FloatArray:
    texts = [plain_words(text) for text in (read.text, *(example.text for example in read.examples))]
    rows = fit_features(texts, size.prompted).rows
    return similarities(rows[[0]], rows[1:])
