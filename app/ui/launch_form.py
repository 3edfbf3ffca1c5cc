"""What the Launch page asks for: read from the URL with checks, completed with defaults, made into a request. Pure.

The URL holds what differs from the defaults, so that a link, a reload and the back button show the same form and a
finished run can be launched again. Whether it can work is judged by `core.runs.plan_launch` alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from app.ui import url
from core.datasets import WorkloadType
from core.errors import InputError, near_miss
from core.logs import WorkloadSummary
from core.runs import AVAILABLE_VARIANTS, LaunchRequest, RunView
from core.scoring import AnswerKind
from core.settings import Settings, Student

NOTHING = "none"
"""Stands in a link for a choice that was emptied, which is not the same as no choice."""
MAX_LIST = 2_000
ADDRESS_SHOWN = 12
LARGEST = 10**15
"""Beyond it a browser no longer tells whole numbers apart."""


@dataclass(frozen=True, kw_only=True)
class NumberField:
    """A number of the form; `name` is the request's field and the URL's parameter."""

    name: str
    label: str
    step: float
    help: str
    is_whole: bool = True
    is_training: bool = False


SIZE_FIELDS = (
    NumberField(
        name="evaluation_size",
        label="Evaluation records",
        step=10,
        help="Held back and judged for every candidate. More of them make narrower intervals.",
    ),
    NumberField(
        name="validation_ratio",
        label="Validation share",
        step=0.05,
        is_whole=False,
        help="The part of the training records, between 0 and 1, that training checks itself on.",
    ),
    NumberField(name="limit", label="Use at most", step=100, help="Records drawn from the log; empty uses every one."),
    NumberField(name="seed", label="Seed", step=1, help="The same records and seed give the same datasets."),
)
TRAINING_FIELDS = (
    NumberField(name="epochs", label="Epochs", step=1, is_training=True, help="Passes over the training records."),
    NumberField(
        name="batch_size", label="Batch size", step=8, is_training=True, help="Records between two steps of training."
    ),
    NumberField(
        name="learning_rate",
        label="Learning rate",
        step=0.0001,
        is_whole=False,
        is_training=True,
        help="On the scale of LoRA fine-tuning.",
    ),
    NumberField(
        name="adapter_dim", label="Adapter size", step=8, is_training=True, help="The rank of the low-rank adapter."
    ),
    NumberField(
        name="adapter_dropout",
        label="Adapter dropout",
        step=0.05,
        is_whole=False,
        is_training=True,
        help="The part of the adapter, from 0 to below 1, left out at random while training.",
    ),
)
ICL_FIELDS = (
    NumberField(name="max_examples", label="Examples", step=1, help="Training records shown in each prompt, at most."),
    NumberField(
        name="reserved_tokens", label="Room for the answer", step=256, help="Tokens of the context kept for the answer."
    ),
)
FIELDS = (*SIZE_FIELDS, *ICL_FIELDS, *TRAINING_FIELDS)
SELECTIONS = ("semantic", "uniform")
NEWEST = "newest"


@dataclass(frozen=True, kw_only=True)
class LaunchForm:
    """The form as it stands. None means the default: all students, all variants, the settings' number."""

    workload: str
    client: str | None
    students: tuple[str, ...] | None
    variants: tuple[str, ...] | None
    numbers: Mapping[str, float]
    evaluation_set: str | None = None
    since: date | None = None
    until: date | None = None
    text: str | None = None
    limit_method: str | None = None
    selection: str | None = None
    workload_type: str | None = None
    answers: str | None = None
    field: str | None = None

    @property
    def is_narrowed(self) -> bool:
        """Tell whether only a part of the workload's records is asked for."""
        return bool(self.since or self.until or self.text or self.workload_type or self.answers)

    def to_request(self, *, requested_by: str, idempotency_key: str) -> LaunchRequest:
        """Return the launch this form describes."""
        sizes = {field.name: self.numbers.get(field.name) for field in SIZE_FIELDS}
        training = {each.name: self.numbers[each.name] for each in TRAINING_FIELDS if each.name in self.numbers}
        icl: dict[str, Any] = {each.name: self.numbers[each.name] for each in ICL_FIELDS if each.name in self.numbers}
        if self.selection is not None:
            icl["selection"] = self.selection
        request = LaunchRequest(
            workload_id=self.workload,
            client_id=self.client,
            students=self.students,
            variants=self.variants,
            evaluation_set=self.evaluation_set,
            since=url.day_start(self.since),
            until=url.day_end(self.until),
            text=self.text,
            limit_method=self.limit_method,
            workload_type=self.workload_type,
            answer_format={"kind": self.answers, "field": self.field} if self.answers else None,
            icl=icl or None,
            training=training or None,
            requested_by=requested_by,
            idempotency_key=idempotency_key,
        )
        return replace(request, **sizes)  # type: ignore[arg-type]


def read_form(
    parameters: Mapping[str, str], workloads: Sequence[WorkloadSummary], students: Sequence[Student]
) -> LaunchForm:
    """Return the form that the URL describes; without a workload, the one with most records.

    Raises `InputError` that names the parameter, with the near miss.
    """
    totals = count_by_workload(workloads)
    workload = url.read_choice(parameters, "workload", sorted(totals)) or max(totals, key=totals.__getitem__)
    clients = count_by_client(workloads, workload)
    return LaunchForm(
        workload=workload,
        client=url.read_choice(parameters, "client", list(clients)),
        students=_read_list(parameters, "students", [student.name for student in students]),
        variants=_read_list(parameters, "variants", [str(variant) for variant in AVAILABLE_VARIANTS]),
        numbers={field.name: value for field in FIELDS if (value := _read_number(parameters, field)) is not None},
        evaluation_set=url.read_id(parameters, "evaluation_set"),
        since=url.read_day(parameters, "since"),
        until=url.read_day(parameters, "until"),
        text=url.read_text(parameters, "text"),
        limit_method=url.read_choice(parameters, "limit_method", [NEWEST]),
        selection=url.read_choice(parameters, "selection", list(SELECTIONS)),
        workload_type=url.read_choice(parameters, "workload_type", [kind.value for kind in WorkloadType]),
        answers=url.read_choice(parameters, "answers", [kind.value for kind in AnswerKind]),
        field=url.read_text(parameters, "field"),
    )


def write_list(chosen: Sequence[str], options: Sequence[str]) -> str | None:
    """Return a choice as the URL holds it; None, the default, when everything is chosen."""
    if len(chosen) == len(options):
        return None
    return ",".join(chosen) or NOTHING


def write_number(value: float | None, default: float | None) -> str | None:
    """Return a number as the URL holds it; None when it is empty or the default."""
    return None if value is None or value == default else f"{value:.12g}"


def find_default(field: NumberField, settings: Settings, students: Sequence[Student]) -> float | None:
    """Return the default of a number for the chosen students; None where there is none, or where they differ."""
    if not field.is_training:
        section = settings.icl if field in ICL_FIELDS else settings.split
        return _as_number(getattr(section, field.name))
    settled = [settings.training_for(student) for student in students] or [settings.training]
    values = {getattr(training, field.name) for training in settled}
    return _as_number(values.pop()) if len(values) == 1 else None


def choose_students(form: LaunchForm, students: Sequence[Student]) -> tuple[Student, ...]:
    """Return the students the form asks for."""
    return tuple(student for student in students if form.students is None or student.name in form.students)


def describe_run(run: RunView) -> dict[str, str]:
    """Return the URL parameters that ask for what a run was asked for."""
    request = run.request
    known = {
        "workload": run.summary.workload_id,
        "client": run.summary.client_id,
        "students": ",".join(request["students"]),
        "variants": ",".join(request["variants"]),
        **{field.name: request.get(field.name) for field in SIZE_FIELDS},
        **_common_training(request.get("training") or {}),
        "evaluation_set": (request.get("evaluation_set") or "")[:ADDRESS_SHOWN],
        "since": _first_day(request.get("since")),
        "until": _last_day(request.get("until")),
        "text": request.get("text"),
        "limit_method": NEWEST if request.get("limit_method") == NEWEST else None,
        "workload_type": request.get("workload_type"),
        "answers": (request.get("answer_format") or {}).get("kind"),
        "field": (request.get("answer_format") or {}).get("field"),
        **{name: (request.get("icl") or {}).get(name) for name in ("selection", *(each.name for each in ICL_FIELDS))},
    }
    if known["evaluation_set"]:
        del known["evaluation_size"]  # the set decides it
    return url.present(**known)


def count_by_workload(workloads: Sequence[WorkloadSummary]) -> dict[str, int]:
    """Return records by workload."""
    totals: dict[str, int] = {}
    for row in workloads:
        totals[row.workload_id] = totals.get(row.workload_id, 0) + row.records
    return totals


def count_by_client(workloads: Sequence[WorkloadSummary], workload: str) -> dict[str, int]:
    """Return a workload's records by client, by name."""
    return {
        row.client_id: row.records
        for row in sorted(workloads, key=lambda r: r.client_id)
        if row.workload_id == workload
    }


def _read_list(parameters: Mapping[str, str], name: str, options: Sequence[str]) -> tuple[str, ...] | None:
    text = url.read_text(parameters, name, max_length=MAX_LIST)
    if text is None:
        return None
    asked = [] if text == NOTHING else [part.strip() for part in text.split(",") if part.strip()]
    for one in asked:
        if one not in options:
            raise InputError(f"no {name.removesuffix('s')} {one!r}{near_miss(one, tuple(options))}", field=name)
    return tuple(option for option in options if option in asked)


def _read_number(parameters: Mapping[str, str], field: NumberField) -> float | None:
    text = url.read_text(parameters, field.name, max_length=30)
    if text is None:
        return None
    kind = "a whole number" if field.is_whole else "a number"
    try:
        value = int(text) if field.is_whole else float(text)
    except ValueError:
        raise InputError(f"the link's {field.name!r} is {text!r}, not {kind}", field=field.name) from None
    if not abs(value) <= LARGEST:
        raise InputError(f"the link's {field.name!r} is {text!r}, beyond what can be asked for", field=field.name)
    return value


def _first_day(since: str | None) -> date | None:
    return datetime.fromisoformat(since).date() if since else None


def _last_day(until: str | None) -> date | None:
    return (datetime.fromisoformat(until) - timedelta(microseconds=1)).date() if until else None


def _as_number(value: Any) -> float | None:
    return value if isinstance(value, int | float) else None


def _common_training(training: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """Return the hyperparameters on which all students of a run agree."""
    rows = list(training.values())
    names = [field.name for field in TRAINING_FIELDS if rows and field.name in rows[0]]
    return {name: rows[0][name] for name in names if all(row.get(name) == rows[0][name] for row in rows)}
