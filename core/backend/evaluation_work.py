"""The work of an evaluation, in a job process: fill templates, answer, score, write the per-record results.

Records are answered in bulk by the function behind the NIM proxy. A record that cannot be asked or scored is kept with
its error; only when no record has a score does the task fail. Results are written as the contract has them: a zip with
one `results.json`, `{task: [{"item", "sample", "metrics", ...}]}`.
"""

import json
import re
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from core.backend.completions import answer_all, write_completion
from core.backend.errors import JobFailedError, TemplateProblem
from core.backend.metrics import aggregate, score_record
from core.backend.rows import RowFile, read_rows
from core.backend.state import Document
from core.backend.templates import render_json

BATCH = 64  # records answered between two progress messages
RESULTS_NAME = "results/results.json"
_JSON_KEYS = frozenset({"messages", "tools"})  # of a template: what renders to JSON; the rest is sent as it is
_NOT_IN_A_NAME = re.compile(r"[^a-z0-9]+")


def evaluate(order: Document, report: Callable[[Document], None]) -> Document:
    """Run the order's tasks, write its archive and return `{"tasks": aggregated scores, "samples": count}`."""
    rows = {task["name"]: _read_task_rows(task) for task in order["tasks"]}
    total = sum(len(task_rows) for task_rows in rows.values())
    samples: dict[str, list[Document]] = {}
    done = 0
    for task in order["tasks"]:
        name = task["name"]
        samples[name] = []
        for batch in _batches(rows[name]):
            samples[name] += _evaluate_batch(batch, task, order)
            done += len(batch)
            report({"task": name, "samples_processed": done, "samples": total})
    results = {
        task["name"]: {"data": None, "metrics": _aggregate(task, samples[task["name"]])} for task in order["tasks"]
    }
    _write_archive(Path(order["archive"]), samples)
    return {"tasks": results, "samples": total}


def _read_task_rows(task: Document) -> list[Document]:
    rows = read_rows([RowFile(*file) for file in task["files"]], limit=task["limit"])
    if not rows:
        raise JobFailedError(f"task {task['name']!r}: the dataset has no rows")
    return [_with_plain_names(row) for row in rows]


def _evaluate_batch(items: Sequence[Document], task: Document, order: Document) -> list[Document]:
    asked = [_build_request(item, task, order["model"]) for item in items]
    requests = [request for request in asked if isinstance(request, dict)]
    started = time.perf_counter()
    completions = iter(answer_all(order["student"], _adapter_of(order), requests) if requests else [])
    latency_ms = (time.perf_counter() - started) * 1000 / max(1, len(requests))
    results = []
    for item, request in zip(items, asked, strict=True):
        if isinstance(request, str):
            results.append(_failed_record(item, task, request))
            continue
        response = write_completion(order["model"], next(completions), created=order["created"])
        sample = {
            "output_text": response["choices"][0]["message"].get("content") or "",
            "response": response,
            "latency_ms": round(latency_ms, 3),
            "error": None,
        }
        results.append(
            {"item": item, "sample": sample, **_score(item, sample, task), "requests": [{"request": request}]}
        )
    return results


def _build_request(item: Document, task: Document, model: str) -> Document | str:
    """Return the chat request for a record, or the sentence that says why there is none."""
    try:
        filled = {key: render_json(task["template"][key], {"item": item}) for key in _JSON_KEYS & set(task["template"])}
    except TemplateProblem as problem:
        return str(problem)
    messages = filled["messages"]
    if not isinstance(messages, list) or not messages or not all(isinstance(message, dict) for message in messages):
        return "the template's messages are not a list of objects"
    plain = {key: value for key, value in task["template"].items() if key not in _JSON_KEYS}
    return {"model": model, **task["params"], **plain, **filled}


def _score(item: Document, sample: Document, task: Document) -> Document:
    """Return the record's `metrics`, and `error` texts of metrics that could not be computed."""
    facts = {"item": item, "sample": sample}
    metrics, problems = {}, {}
    for metric in task["metrics"]:
        try:
            scores = score_record(metric, facts)
        except TemplateProblem as problem:
            problems[metric["name"]] = str(problem)
            scores = dict.fromkeys(metric["scores"])
        metrics[metric["name"]] = {"scores": {name: {"value": value} for name, value in scores.items()}}
    return {"metrics": metrics, "metric_errors": problems}


def _failed_record(item: Document, task: Document, reason: str) -> Document:
    empty = {
        metric["name"]: {"scores": {name: {"value": None} for name in metric["scores"]}} for metric in task["metrics"]
    }
    sample = {"output_text": None, "response": None, "latency_ms": None, "error": reason}
    return {"item": item, "sample": sample, "metrics": empty, "metric_errors": {}, "requests": []}


def _aggregate(task: Document, samples: Sequence[Document]) -> Document:
    metrics = {}
    for metric in task["metrics"]:
        scores = {}
        for score in metric["scores"]:
            found = aggregate([sample["metrics"][metric["name"]]["scores"][score]["value"] for sample in samples])
            if found is None:
                raise JobFailedError(
                    f"task {task['name']!r}: no record has a score of {metric['name']!r}; {_first_problem(samples)}"
                )
            scores[score] = found if task["has_stats"] else {"value": found["value"]}
        metrics[metric["name"]] = {"scores": scores}
    return metrics


def _first_problem(samples: Sequence[Document]) -> str:
    problems = ([sample["sample"]["error"], *sample["metric_errors"].values()] for sample in samples)
    return "the first says: " + next((text for texts in problems for text in texts if text), "no reason")


def _write_archive(path: Path, samples: Mapping[str, Sequence[Document]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr(RESULTS_NAME, json.dumps(samples))
    unfinished.replace(path)


def _batches(rows: Sequence[Document]) -> Iterator[list[Document]]:
    remaining = iter(rows)
    while batch := list(islice(remaining, BATCH)):
        yield batch


def _adapter_of(order: Document) -> Path | None:
    return Path(order["adapter"]) if order["adapter"] else None


def _with_plain_names(row: Document) -> Document:
    """Return the row under the names that templates use: lower case, `_` for what is no letter or digit."""
    named: dict[str, Any] = {}
    for column, value in row.items():
        name = _NOT_IN_A_NAME.sub("_", column.lower())
        number, free = 0, name
        while free in named:
            number += 1
            free = f"{name}_{number}"
        named[free] = value
    return named
