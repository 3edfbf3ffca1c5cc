"""What a launch asks for, checked and completed with the defaults in force.

Pure except for the look at the log store: `complete_request` refuses before anything starts and names the field. The
completed request is stored on the run, so that later changes of settings do not change a run that waits.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from typing import Any

import rfc8785

from core.datasets import ExampleSelection, IclOptions, LimitMethod, WorkloadType, check_icl_options
from core.errors import InputError, near_miss
from core.logs import LogStore, find_workload
from core.runs.errors import LaunchRefused
from core.runs.plan import Variant
from core.scoring import AnswerFormat
from core.settings import Settings, SplitSettings, Student, TrainingOverrides


@dataclass(frozen=True, kw_only=True)
class LaunchRequest:
    """What a person, the API or a schedule asks for. None means the default of the settings.

    `client_id` None takes the workload's records of all clients. `evaluation_set` is a version (`v3`), the beginning of
    an address or `new`. `since` (included), `until` (excluded), `text`, `models` and `finish_reasons` select records;
    `answer_format` and `workload_type` replace what would be detected. A higher `priority` (-100 to 100) is served
    first. Two launches with one `idempotency_key` are one.
    """

    workload_id: str
    client_id: str | None = None
    students: Sequence[str] | None = None
    variants: Sequence[str] | None = None
    evaluation_size: int | None = None
    validation_ratio: float | None = None
    minimum_records: int | None = None
    limit: int | None = None
    seed: int | None = None
    stratify: bool | None = None
    rare_class_threshold: int | None = None
    parse_function_arguments: bool | None = None
    evaluation_set: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    text: str | None = None
    models: Sequence[str] = ()
    finish_reasons: Sequence[str] = ()
    limit_method: str | None = None
    answer_format: Mapping[str, object] | None = None
    workload_type: str | None = None
    icl: Mapping[str, Any] | None = None
    training: Mapping[str, float] | None = None
    priority: int = 0
    requested_by: str = "unknown"
    idempotency_key: str | None = None


@dataclass(frozen=True, kw_only=True)
class CompletedRequest:
    """A request with every effective value, stored as JSON on the run. Older rows lack the fields with defaults.

    `evaluation_set` is the address of the frozen set the run is judged on, None when it draws a new one. Times are ISO
    texts; `icl` holds the options of the examples, `context_lengths` the students' in tokens.
    """

    workload_id: str
    client_id: str | None
    students: tuple[str, ...]
    variants: tuple[Variant, ...]
    evaluation_size: int
    validation_ratio: float
    minimum_records: int
    limit: int | None
    seed: int
    stratify: bool
    rare_class_threshold: int
    parse_function_arguments: bool
    training: Mapping[str, Mapping[str, float]]  # by student
    evaluation_set: str | None = None
    since: str | None = None
    until: str | None = None
    text: str | None = None
    models: tuple[str, ...] = ()
    finish_reasons: tuple[str, ...] = ()
    limit_method: str = LimitMethod.UNIFORM.value
    answer_format: Mapping[str, object] | None = None
    workload_type: str | None = None
    property_limit: int | None = None
    icl: Mapping[str, Any] = field(default_factory=dict)
    context_lengths: Mapping[str, int] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        plain = {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}
        return {**plain, "variants": [str(variant) for variant in self.variants]}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "CompletedRequest":
        """Read the JSON form."""
        known = {each.name: values[each.name] for each in fields(cls) if each.name in values}
        for name in ("students", "models", "finish_reasons"):
            known[name] = tuple(values.get(name, ()))
        known["variants"] = tuple(Variant(name) for name in values["variants"])
        return cls(**known)

    @property
    def icl_options(self) -> IclOptions:
        """The options of the in-context examples."""
        return IclOptions(**{**self.icl, "selection": ExampleSelection(self.icl["selection"])})

    @property
    def hash(self) -> str:
        """SHA-256 of the canonical JSON: two launches under one key must ask for the same."""
        return hashlib.sha256(rfc8785.dumps(self.to_dict())).hexdigest()


HIGHEST_PRIORITY = 100
LARGEST_NUMBER = 2**53 - 1
"""Canonical JSON (RFC 8785) holds no larger integer, and everything here is hashed."""

AVAILABLE_VARIANTS = tuple(Variant)
"""What a run can measure; the default takes all of them."""


def complete_request(request: LaunchRequest, *, settings: Settings, logs: LogStore) -> CompletedRequest:
    """Check a launch against settings and logs and fill in the defaults.

    Raises `InputError` (its `field` names what to correct) and `NotFoundError` with the near miss.
    """
    _check_workload(logs, request.workload_id, request.client_id)
    if not _is_whole(request.priority, least=-HIGHEST_PRIORITY) or request.priority > HIGHEST_PRIORITY:
        raise LaunchRefused(
            f"priority is {request.priority!r}; it must be a whole number between -{HIGHEST_PRIORITY}"
            f" and {HIGHEST_PRIORITY}",
            field="priority",
        )
    students = _choose_students(request.students, settings)
    variants = _choose_variants(request.variants, students)
    split = _effective_split(request, settings.split)
    return CompletedRequest(
        workload_id=request.workload_id,
        client_id=request.client_id,
        students=tuple(student.name for student in students),
        variants=variants,
        evaluation_size=split.evaluation_size,
        validation_ratio=split.validation_ratio,
        minimum_records=split.minimum_records,
        limit=split.limit,
        seed=split.seed,
        stratify=split.stratify,
        rare_class_threshold=split.rare_class_threshold,
        parse_function_arguments=split.parse_function_arguments,
        training={student.name: _effective_training(request.training, student, settings) for student in students},
        evaluation_set=request.evaluation_set,
        since=request.since.isoformat() if request.since else None,
        until=request.until.isoformat() if request.until else None,
        text=request.text or None,
        models=tuple(request.models),
        finish_reasons=tuple(request.finish_reasons),
        limit_method=_read_choice("limit_method", request.limit_method or LimitMethod.UNIFORM, LimitMethod),
        answer_format=AnswerFormat.from_dict(request.answer_format).to_dict() if request.answer_format else None,
        workload_type=request.workload_type and _read_choice("workload_type", request.workload_type, WorkloadType),
        property_limit=settings.nemo.tool_property_limit,
        icl=_effective_icl(request.icl, settings, seed=split.seed),
        context_lengths={student.name: student.context_length for student in students},
    )


def _check_workload(logs: LogStore, workload_id: str, client_id: str | None) -> None:
    """Refuse a workload that nobody logged; without a client the records of all its clients are taken."""
    is_known = any(summary.workload_id == workload_id for summary in logs.workloads())
    if client_id is not None or not is_known:
        find_workload(logs, workload_id, client_id)


def _choose_students(names: Sequence[str] | None, settings: Settings) -> tuple[Student, ...]:
    if names is None:
        return settings.students
    if not names:
        raise LaunchRefused(
            "no student was chosen; name at least one, or leave the field out for all", field="students"
        )
    doubled = next((name for name in names if list(names).count(name) > 1), None)
    if doubled:
        raise LaunchRefused(f"student {doubled!r} is named twice; name each once", field="students")
    return tuple(settings.find_student(name) for name in names)


def _choose_variants(names: Sequence[str] | None, students: Sequence[Student]) -> tuple[Variant, ...]:
    if names is None:
        chosen: tuple[Variant, ...] = AVAILABLE_VARIANTS
    else:
        if not names:
            raise LaunchRefused("no variant was chosen; name at least one of base, icl, customized", field="variants")
        for name in names:
            if name not in AVAILABLE_VARIANTS:
                known = ", ".join(AVAILABLE_VARIANTS)
                hint = near_miss(name, [str(v) for v in AVAILABLE_VARIANTS])
                raise LaunchRefused(f"no variant {name!r}; choose from {known}{hint}", field="variants")
        chosen = tuple(variant for variant in Variant if variant in names)
    fixed = [student.name for student in students if not student.customizable]
    if Variant.CUSTOMIZED in chosen and fixed:
        if names is None and len(fixed) < len(students):
            return chosen  # the plan leaves the customized variant out for these students
        raise LaunchRefused(
            f"student {fixed[0]!r} cannot be customized (settings: customizable = false); leave it or the variant out",
            field="variants",
        )
    return chosen


def _effective_split(request: LaunchRequest, defaults: SplitSettings) -> SplitSettings:
    given = {
        name: getattr(request, name) for name in SplitSettings.model_fields if getattr(request, name, None) is not None
    }
    _refuse_bad_sizes(given)
    return defaults.model_copy(update=given)


def _refuse_bad_sizes(given: Mapping[str, Any]) -> None:
    for name in ("evaluation_size", "minimum_records", "limit"):
        if name in given and not _is_whole(given[name], least=1):
            raise LaunchRefused(f"{name} is {given[name]!r}; it must be a whole number of at least 1", field=name)
    if not _is_whole(given.get("seed", 0), least=-LARGEST_NUMBER):
        raise LaunchRefused(f"seed is {given['seed']!r}; it must be a whole number", field="seed")
    ratio = given.get("validation_ratio", 0.1)
    if not 0 < ratio < 1:
        raise LaunchRefused(
            f"validation_ratio is {ratio}; it is the share of training records kept for validation, between 0 and 1",
            field="validation_ratio",
        )


def _read_choice(field_name: str, value: str, choices: type[LimitMethod] | type[WorkloadType]) -> str:
    known = [choice.value for choice in choices]
    if value not in known:
        hint = near_miss(value, known) or f"; choose from {', '.join(known)}"
        raise LaunchRefused(f"{field_name} is {value!r}{hint}", field=field_name)
    return str(value)


def _effective_icl(given: Mapping[str, Any] | None, settings: Settings, *, seed: int) -> dict[str, Any]:
    """Return the options of the examples: the settings', with the launch's own in their place."""
    names = [each.name for each in fields(IclOptions) if each.name != "seed"]
    for name in given or {}:
        if name not in names:
            hint = near_miss(name, names) or f"; known are {', '.join(names)}"
            raise LaunchRefused(f"no option {name!r} of in-context examples{hint}", field=f"icl.{name}")
    values = {name: getattr(settings.icl, name) for name in names} | dict(given or {})
    known = [choice.value for choice in ExampleSelection]
    if values["selection"] not in known:
        hint = near_miss(str(values["selection"]), known) or f"; choose from {', '.join(known)}"
        raise LaunchRefused(f"icl.selection is {values['selection']!r}{hint}", field="icl.selection")
    options = IclOptions(**{**values, "selection": ExampleSelection(values["selection"]), "seed": seed})
    check_icl_options(options)
    return options.to_dict()


def _is_whole(value: object, *, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= LARGEST_NUMBER


def _effective_training(
    overrides: Mapping[str, float] | None, student: Student, settings: Settings
) -> dict[str, float]:
    names = list(TrainingOverrides.model_fields)
    for name in overrides or {}:
        if name not in names:
            raise LaunchRefused(
                f"no hyperparameter {name!r}{near_miss(name, names)}; known are {', '.join(names)}",
                field=f"training.{name}",
            )
    try:
        checked = TrainingOverrides.model_validate(dict(overrides or {})).model_dump(exclude_none=True)
    except ValueError as error:
        raise InputError(f"the hyperparameters are out of range: {error}", field="training") from error
    return {**settings.training_for(student).model_dump(), **checked}
