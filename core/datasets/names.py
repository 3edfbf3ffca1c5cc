"""Names of datasets in the data store: the blueprint's, made safe for a repository.

The Hugging Face rules for repository names hold in NeMo's data store too: at most 96 letters, digits, `-`, `_` and `.`,
neither `--` nor `..`, and a letter or digit at both ends.
"""

import re
from typing import Literal

LONGEST_NAME = 96
DatasetKind = Literal["evaluation", "icl", "training"]
_PREFIXES: dict[DatasetKind, str] = {
    "evaluation": "flywheel-eval",
    "icl": "flywheel-icl",
    "training": "flywheel-train",
}


def dataset_name(kind: DatasetKind, workload_id: str, *, suffix: str) -> str:
    """Return `flywheel-eval-{workload}-{suffix}`, `flywheel-icl-...` or `flywheel-train-...`.

    Characters a repository name cannot hold become `-`, a long workload is cut; two workloads may then look alike, so
    the suffix must be unique by itself (a run's id, or the blueprint's epoch seconds).
    """
    prefix, ending = _PREFIXES[kind], _make_safe(suffix)
    room = LONGEST_NAME - len(prefix) - len(ending) - 2
    workload = _make_safe(_make_safe(workload_id)[: max(room, 0)])
    name = "-".join(part for part in (prefix, workload, ending) if part)
    return name[:LONGEST_NAME].rstrip("-._")


def _make_safe(text: str) -> str:
    replaced = re.sub(r"[^A-Za-z0-9_.-]+", "-", text)
    single = re.sub(r"[-.]*-[-.]*", "-", re.sub(r"\.{2,}", ".", replaced))
    return single.strip("-._")
