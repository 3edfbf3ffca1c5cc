"""In-context datasets: the evaluation file with examples from the training file in each request.

A student is shown as many examples as fit its context beside the request and room for the answer; students with equal
files share one dataset. A student whose context holds no examples gets an error, never the plain file under another
name.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from io import BytesIO
from typing import Any

import orjson

from core.datasets.build import BuiltDatasets
from core.datasets.errors import DatasetError
from core.datasets.example_selection import (
    SPARE,
    ExampleSelection,
    order_by_likeness,
    order_by_likeness_and_tool,
    order_uniformly,
)
from core.datasets.example_text import example_text, join_examples, show_examples
from core.datasets.files import EVALUATION_PATH, Dataset, DatasetFile, gather_dataset, make_file
from core.datasets.frames import detect_frame, last_user_text
from core.datasets.json_bytes import to_line
from core.datasets.manifest import describe_file
from core.datasets.names import dataset_name
from core.datasets.options import WorkloadType
from core.datasets.progress import OnProgress, Stage, watch
from core.datasets.randomness import draw_order, seeded
from core.datasets.similarity import NgramSimilarity, Similarity
from core.datasets.token_budget import CountTokens, estimate_tokens, request_tokens
from core.scoring import read_answer

FRAME_SAMPLE = 400


@dataclass(frozen=True, kw_only=True)
class IclOptions:
    """How in-context examples are chosen.

    `reserved_tokens` of a context are kept for the answer. A record for which fewer than `min_examples` fit is shown
    none. `relevance_ratio` is the share of examples chosen by likeness alone in tool calling. At most `pool_limit`
    training rows are looked at, drawn at random.
    """

    max_examples: int = 3
    min_examples: int = 1
    reserved_tokens: int = 2048
    selection: ExampleSelection = ExampleSelection.SEMANTIC
    relevance_ratio: float = 0.7
    pool_limit: int = 20_000
    seed: int = 42

    def to_dict(self) -> dict[str, object]:
        """Return the options as plain JSON values."""
        return {**asdict(self), "selection": self.selection.value}


@dataclass(frozen=True, kw_only=True)
class IclDataset:
    """The evaluation file with examples, for the students whose contexts hold the same ones.

    `context_length` is the smallest of theirs. `shown` is the number of examples of each record, in the file's order.
    """

    students: tuple[str, ...]
    context_length: int
    file: DatasetFile
    shown: tuple[int, ...]

    @property
    def dataset(self) -> Dataset:
        """The dataset to upload."""
        return gather_dataset("icl", self.file)

    def to_dict(self) -> dict[str, object]:
        """Return the dataset's entry in a manifest."""
        return {
            "students": list(self.students),
            "context_length": self.context_length,
            "file": describe_file(self.file),
            "examples": sum(self.shown),
            "records_without_examples": self.shown.count(0),
        }


@dataclass(frozen=True, kw_only=True)
class BuiltIcl:
    """In-context datasets of a run, and why some students have none."""

    options: IclOptions
    similarity: str | None
    pool: int
    datasets: tuple[IclDataset, ...]
    unavailable: Mapping[str, str] = field(default_factory=dict)

    def find_dataset(self, student: str) -> IclDataset | None:
        """Return the dataset of a student, None when its context holds no examples (`unavailable` says why)."""
        return next((dataset for dataset in self.datasets if student in dataset.students), None)

    def to_dict(self) -> dict[str, object]:
        """Return the manifest's section."""
        return {
            "options": self.options.to_dict(),
            "similarity": self.similarity,
            "pool": self.pool,
            "datasets": [dataset.to_dict() for dataset in self.datasets],
            "unavailable": dict(self.unavailable),
        }


def check_icl_options(options: IclOptions) -> None:
    """Refuse options that nothing can satisfy. Raises `DatasetError` with the option in `field`."""
    for name, least in (("max_examples", 1), ("min_examples", 1), ("reserved_tokens", 0), ("pool_limit", 1)):
        value: object = getattr(options, name)
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise DatasetError(
                f"{name} is {value!r}, but it must be a whole number of at least {least}.", field=f"icl.{name}"
            )
    if options.min_examples > options.max_examples:
        raise DatasetError(
            f"min_examples is {options.min_examples}, more than max_examples ({options.max_examples}); lower it.",
            field="icl.min_examples",
        )
    if not 0 <= options.relevance_ratio <= 1:
        raise DatasetError(
            f"relevance_ratio is {options.relevance_ratio!r}, but it is a share from 0 to 1; use 0.7.",
            field="icl.relevance_ratio",
        )


def build_icl(
    built: BuiltDatasets,
    context_lengths: Mapping[str, int],
    options: IclOptions | None = None,
    *,
    workload_id: str,
    name_suffix: str,
    similarity: Similarity | None = None,
    count_tokens: CountTokens = estimate_tokens,
    on_progress: OnProgress | None = None,
) -> BuiltIcl:
    """Return the in-context datasets for students by their context lengths in tokens.

    `similarity` None compares offline. The same build, options and similarity give the same bytes. Raises
    `DatasetError` for impossible options, and what the similarity raises when its endpoint is down.
    """
    options = options or IclOptions()
    check_icl_options(options)
    pool = _Pool(built, options, count_tokens)
    chosen = similarity or NgramSimilarity()
    requests = [dict(record.request) for record in built.evaluation_records]
    orders = pool.order_candidates(requests, chosen)
    needed = [request_tokens(request, count_tokens) for request in requests]
    datasets: dict[bytes, IclDataset] = {}
    unavailable = {}
    lengths = sorted(set(context_lengths.values()), reverse=True)
    for length in watch(lengths, Stage.EXAMPLES, on_progress, total=len(lengths)):
        students = tuple(student for student, own in context_lengths.items() if own == length)
        budgets = [length - options.reserved_tokens - tokens for tokens in needed]
        examples = [pool.fit(order, budget) for order, budget in zip(orders, budgets, strict=True)]
        if not any(examples):
            unavailable.update(dict.fromkeys(students, _explain(length, options, needed, pool)))
            continue
        content = _write(built.evaluation.content, examples)
        digest = hashlib.sha256(content).digest()
        if digest in datasets:
            students = (*datasets[digest].students, *students)
        datasets[digest] = IclDataset(
            students=students,
            context_length=length,
            file=make_file(content, dataset="", path=EVALUATION_PATH, records=len(examples)),
            shown=tuple(map(len, examples)),
        )
    return BuiltIcl(
        options=options,
        similarity=chosen.name if options.selection is ExampleSelection.SEMANTIC else None,
        pool=len(pool.rows),
        datasets=_name_datasets(list(datasets.values()), workload_id, name_suffix),
        unavailable=unavailable,
    )


class _Pool:
    """The training rows that examples come from."""

    def __init__(self, built: BuiltDatasets, options: IclOptions, count_tokens: CountTokens) -> None:
        self._options = options
        self._count_tokens = count_tokens
        self._is_tool_calling = built.workload_type is WorkloadType.TOOL_CALLING
        self._texts: dict[int, str] = {}
        self._tokens: dict[int, int] = {}
        order = draw_order(built.training.records, seeded(options.seed, "example pool"))
        drawn = frozenset(order[: options.pool_limit])
        lines = BytesIO(built.training.content)
        self.rows: list[dict[str, Any]] = [orjson.loads(line) for place, line in enumerate(lines) if place in drawn]
        self._labels = [read_answer(row["messages"][-1], built.answer_format).label or "" for row in self.rows]

    def order_candidates(self, requests: Sequence[Mapping[str, object]], similarity: Similarity) -> list[list[int]]:
        """Return for each request the rows to try, in order."""
        count = self._options.max_examples
        if self._options.selection is ExampleSelection.UNIFORM:
            rng = seeded(self._options.seed, "examples")
            return [order_uniformly(self._labels, count=count, rng=rng)] * len(requests)
        asked = [last_user_text({"messages": row["messages"][:-1]}) for row in self.rows]
        frame = detect_frame(asked[:FRAME_SAMPLE])
        candidates = [frame.strip(text) for text in asked]
        queries = [frame.strip(last_user_text(request)) for request in requests]
        ranked = similarity.rank(queries, candidates, count=count * SPARE)
        if not self._is_tool_calling:
            return [order_by_likeness(matches) for matches in ranked]
        ratio = self._options.relevance_ratio
        return [
            order_by_likeness_and_tool(matches, self._labels, count=count, relevance_ratio=ratio) for matches in ranked
        ]

    def fit(self, order: Sequence[int], budget: int) -> list[str]:
        """Return the first examples of the order that fit together, none when they are too few."""
        shown: list[str] = []
        left = budget - self._count_tokens(join_examples([]))
        for position in order:
            if len(shown) == self._options.max_examples:
                break
            if self.tokens(position) <= left and self._text(position) not in shown:
                shown.append(self._text(position))
                left -= self.tokens(position)
        return shown if len(shown) >= self._options.min_examples else []

    def tokens(self, position: int) -> int:
        """Return what an example costs, with the blank line before it."""
        if position not in self._tokens:
            self._tokens[position] = self._count_tokens("\n\n" + self._text(position))
        return self._tokens[position]

    def shortest(self) -> int:
        """Return the tokens of the shortest example."""
        return min(self.tokens(position) for position in range(len(self.rows)))

    def _text(self, position: int) -> str:
        if position not in self._texts:
            self._texts[position] = example_text(self.rows[position])
        return self._texts[position]


def _write(evaluation: bytes, examples: Sequence[Sequence[str]]) -> bytes:
    """Return the evaluation file with each record's examples in its request."""
    buffer = BytesIO()
    for line, shown in zip(BytesIO(evaluation), examples, strict=True):
        row = orjson.loads(line)
        buffer.write(to_line({**row, "request": show_examples(row["request"], shown)}))
    return buffer.getvalue()


def _name_datasets(datasets: Sequence[IclDataset], workload_id: str, name_suffix: str) -> tuple[IclDataset, ...]:
    """Name the datasets; where there are several, those of smaller contexts say so in the suffix."""
    named = []
    for place, dataset in enumerate(datasets):
        suffix = f"{name_suffix}-{dataset.context_length}" if place else name_suffix
        name = dataset_name("icl", workload_id, suffix=suffix)
        named.append(replace(dataset, file=replace(dataset.file, dataset=name)))
    return tuple(named)


def _explain(length: int, options: IclOptions, needed: Sequence[int], pool: _Pool) -> str:
    return (
        f"No examples fit a context of {length} tokens: requests need {min(needed)} to {max(needed)}, the answer keeps "
        f"{options.reserved_tokens}, and the shortest example takes {pool.shortest()}. Use a student with a larger "
        "context, reserve less, or leave out the variant icl."
    )
