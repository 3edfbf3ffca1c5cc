"""The Launch form as a link: read with checks, completed with defaults, and written back."""

from pathlib import Path

import pytest

from app.ui import launch_fields, launch_form, launch_view
from app.ui.launch_form import FIELDS, NumberField
from core.errors import InputError
from core.logs import WorkloadSummary, open_log_store
from core.migrations import open_database
from core.runs import LaunchRequest, plan_launch
from core.settings import Settings, Student, TrainingOverrides
from tests.ui.traffic import store_traffic

SETTINGS = Settings()
STUDENTS = SETTINGS.students
NAMES = [student.name for student in STUDENTS]
FIELD = {field.name: field for field in FIELDS}


def workload(name: str, client: str, records: int) -> WorkloadSummary:
    return WorkloadSummary(
        client_id=client,
        workload_id=name,
        records=records,
        first_ms=0,
        last_ms=0,
        usage_records=0,
        prompt_tokens=0,
        completion_tokens=0,
        models=(),
        days={},
        tool_call_records=0,
    )


WORKLOADS = (workload("news", "desk", 130), workload("news", "web", 20), workload("tools", "app", 140))


def read(**parameters: str) -> launch_form.LaunchForm:
    return launch_form.read_form(parameters, WORKLOADS, STUDENTS)


def test_an_empty_link_asks_for_the_largest_workload_and_every_default() -> None:
    form = read()
    assert (form.workload, form.client, form.students, form.variants, dict(form.numbers)) == (
        "news",
        None,
        None,
        None,
        {},
    )
    assert form.to_request(requested_by="maya", idempotency_key="k") == LaunchRequest(
        workload_id="news", requested_by="maya", idempotency_key="k"
    )


def test_everything_a_link_names_reaches_the_request() -> None:
    form = read(
        workload="news",
        client="web",
        students="local/linear-large,local/linear-small",
        variants="base",
        evaluation_size="60",
        validation_ratio="0.2",
        limit="100",
        seed="7",
        epochs="3",
        learning_rate="0.001",
    )
    request = form.to_request(requested_by="maya", idempotency_key="k")
    assert request == LaunchRequest(
        workload_id="news",
        client_id="web",
        students=("local/linear-small", "local/linear-large"),
        variants=("base",),
        evaluation_size=60,
        validation_ratio=0.2,
        limit=100,
        seed=7,
        training={"epochs": 3, "learning_rate": 0.001},
        requested_by="maya",
        idempotency_key="k",
    )


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("workload", "newz", "no workload 'newz'; did you mean 'news'?"),
        ("client", "dsk", "no client 'dsk'; did you mean 'desk'?"),
        ("students", "local/linear-smal", "no student 'local/linear-smal'; did you mean 'local/linear-small'?"),
        ("variants", "tuned", "no variant 'tuned'"),
        ("seed", "4.5", "not a whole number"),
        ("epochs", "many", "not a whole number"),
        ("learning_rate", "fast", "not a number"),
        ("learning_rate", "nan", "beyond what can be asked for"),
        ("learning_rate", "inf", "beyond what can be asked for"),
        ("evaluation_size", "9" * 29, "beyond what can be asked for"),
    ],
)
def test_a_link_that_cannot_be_meant_names_its_parameter(name: str, value: str, told: str) -> None:
    with pytest.raises(InputError) as refusal:
        read(**{"workload": "news", name: value})
    assert told in str(refusal.value)
    assert refusal.value.field == name


def test_nothing_chosen_is_not_the_default_choice() -> None:
    assert launch_form.write_list([], NAMES) == "none"
    assert read(students="none").students == ()
    assert launch_form.write_list(NAMES, NAMES) is None
    assert launch_form.write_list(NAMES[:2], NAMES) == ",".join(NAMES[:2])


def test_a_number_that_is_the_default_or_empty_leaves_the_link() -> None:
    assert launch_form.write_number(100, 100) is None
    assert launch_form.write_number(None, 100) is None
    assert launch_form.write_number(0.0001, 0.1) == "0.0001"
    assert launch_form.write_number(1234567.0, None) == "1234567"


def test_every_field_has_a_default_of_the_settings_or_says_what_empty_means() -> None:
    shown = {
        field.name: launch_fields.describe_default(field, launch_form.find_default(field, SETTINGS, STUDENTS))
        for field in FIELDS
    }
    assert shown == {
        "evaluation_size": "100",
        "validation_ratio": "0.1",
        "limit": "all",
        "seed": "42",
        "max_examples": "3",
        "reserved_tokens": "2048",
        "epochs": "8",
        "batch_size": "32",
        "learning_rate": "0.0001",
        "adapter_dim": "32",
        "adapter_dropout": "0.1",
    }


def test_defaults_that_differ_between_the_chosen_students_are_not_one_number() -> None:
    own = Student(name="local/other", target="local/other@1", context_length=100, training=TrainingOverrides(epochs=2))
    settings = Settings(students=(*STUDENTS, own))
    assert default(FIELD["epochs"], settings) == "by student"
    assert default(FIELD["batch_size"], settings) == "32"
    assert launch_form.find_default(FIELD["epochs"], settings, (own,)) == 2


def default(field: NumberField, settings: Settings) -> str:
    return launch_fields.describe_default(field, launch_form.find_default(field, settings, settings.students))


def test_a_student_is_described_with_what_it_costs_and_needs() -> None:
    student = Student(
        name="acme/tiny",
        target="acme/tiny@2",
        context_length=4096,
        gpus=2,
        customizable=False,
        price_input_usd=0.05,
        price_output_usd=0.1,
    )
    told = launch_fields.describe_student(student).replace("\N{NO-BREAK SPACE}", " ")
    assert told == (
        "4,096 tokens of context · 2 GPUs · cannot be customized · $0.050 in, $0.100 out per million tokens"
    )


@pytest.mark.parametrize(
    ("field", "place"),
    [
        ("evaluation_size", "evaluation_size"),
        ("minimum_records", "workload"),
        ("client_id", "client"),
        ("training.epoch", "training"),
        (None, None),
    ],
)
def test_a_problem_is_told_beneath_what_causes_it(field: str | None, place: str | None) -> None:
    assert launch_fields.find_place(InputError("wrong", field=field)) == place


def test_a_plan_says_how_the_records_are_divided_and_where_each_student_goes(tmp_path: Path) -> None:
    store_traffic(tmp_path)
    settings = Settings(data=tmp_path)
    logs = open_log_store(settings)
    database = open_database(settings)
    request = LaunchRequest(workload_id="news_classifier", students=NAMES[:1], evaluation_size=60, limit=120)
    plan = plan_launch(database, request, settings=settings, logs=logs)
    logs.close()
    database.dispose()
    division = {term: value.replace("\N{NO-BREAK SPACE}", " ") for term, value in launch_view.describe_division(plan)}
    assert division == {
        "Logged": "130 records",
        "Judged on": "60 records",
        "Trained on": "up to 60 records, 10 % of them to validate with",
    }
    assert launch_view.count_candidates(plan.steps) == 3
    assert launch_view.list_routes(plan.steps) == {
        NAMES[0]: ["evaluate base", "evaluate in-context", "customize", "evaluate customized"]
    }
