"""The base student for labels: it knows its prompt and nothing else.

It compares the text with each label's name and description, and with the texts of the examples in the prompt, by the
words and characters they share (cosine of weighted n-grams). A close example counts for its answer; a text that shares
too little with any label gets the label that the prompt wants in doubt.
"""

from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from core.backend.students.examples import Example
from core.backend.students.features import FittedFeatures, FloatArray, fit_features
from core.backend.students.plain_words import plain_words
from core.backend.students.request_reading import ReadRequest
from core.backend.students.sizes import StudentSize
from core.scoring import content_text, fold_answer, label_of

EXAMPLE_WEIGHT = 2.0  # of an example that equals the text, against a description that does
EXAMPLE_POWER = 2.0  # close examples count, distant ones hardly
DOUBT = 0.15  # similarity below which the default label is answered
_TEXT_LENGTH_LIMIT = 200  # characters of the text that is echoed when the prompt names no labels


def answer_from_prompts(reads: Sequence[ReadRequest], size: StudentSize) -> list[str]:
    """Return the content of the answer to each request; the text's first line where a prompt names no label at all."""
    documents = [tuple(f"{label.name} {label.description}" for label in read.labels) for read in reads]
    examples = [tuple(example.text for example in read.examples) for read in reads]
    texts = [read.text for read in reads]
    of_labels = similarities(texts, documents, size)
    of_examples = similarities(texts, examples, size)
    return [
        _answer(read, label_scores, example_scores)
        for read, label_scores, example_scores in zip(reads, of_labels, of_examples, strict=True)
    ]


def similarities(texts: Sequence[str], documents: Sequence[tuple[str, ...]], size: StudentSize) -> list[FloatArray]:
    """Return how much each text shares with each of its own documents, from 0 to 1.

    What is rare among the documents counts more. Texts that are compared with the same documents are read together.
    """
    found = [np.zeros(0, np.float32)] * len(texts)
    groups: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
    for place, own in enumerate(documents):
        groups[own].append(place)
    for own, places in groups.items():
        if own:
            known = _read_documents(own, size)
            rows = known.features.rows_of([plain_words(texts[place]) for place in places])
            shared = np.asarray((rows @ known.rows.T).toarray(), np.float32)
            for place, row in zip(places, shared, strict=True):
                found[place] = row
    return found


def _answer(read: ReadRequest, label_scores: FloatArray, example_scores: FloatArray) -> str:
    choices = _Choices(read)
    if not choices.contents:
        return read.text.split("\n")[0][:_TEXT_LENGTH_LIMIT]
    scores = np.zeros(len(choices.contents), np.float32)
    scores[: len(label_scores)] = label_scores
    np.add.at(scores, choices.of_examples, EXAMPLE_WEIGHT * example_scores**EXAMPLE_POWER)
    if read.default is not None and scores.max() < DOUBT:
        return choices.contents[read.labels.index(read.default)]
    return choices.contents[int(scores.argmax())]


class _Choices:
    """The contents a request can be answered with: one a label, and those of examples that are no label.

    `of_examples` holds the choice of each example. An example's own wording goes before the one made from the label.
    """

    def __init__(self, read: ReadRequest) -> None:
        self.contents = [read.wrapping.wrap(label.name) for label in read.labels]
        places = {fold_answer(label.name): place for place, label in enumerate(read.labels)}
        self.of_examples = np.array([self._place(example, places) for example in read.examples], np.int64)

    def _place(self, example: Example, places: dict[str, int]) -> int:
        content = content_text(example.message.get("content"))
        key = fold_answer(label_of({"choices": [{"message": example.message}]}) or content)
        if key not in places:
            places[key] = len(self.contents)
            self.contents.append(content)
        self.contents[places[key]] = content
        return places[key]


# The labels of a workload, and the examples written into its prompt, come again with every request.
@lru_cache(maxsize=256)
def _read_documents(documents: tuple[str, ...], size: StudentSize) -> FittedFeatures:
    return fit_features([plain_words(document) for document in documents], size.prompted)
