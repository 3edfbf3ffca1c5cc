"""The Launch form's controls, each set from the URL before it is drawn, with what is wrong right beneath it."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import streamlit as st

from app.ui import launch_form, launch_selection, markup, numbers, review_view, url
from app.ui.launch_form import LaunchForm, NumberField
from core.datasets import EvaluationSet
from core.errors import InputError
from core.logs import WorkloadSummary
from core.runs import AVAILABLE_VARIANTS, Variant
from core.settings import Settings, Student

ALL_CLIENTS = "All clients"
VARIANT_HELP = {
    Variant.BASE: "as it is, without having seen the workload",
    Variant.ICL: "with examples in the prompt",
    Variant.CUSTOMIZED: "fine-tuned on the workload's training records",
}
PLACES: Mapping[str, str] = {
    "workload_id": "workload",
    "minimum_records": "workload",
    "client_id": "client",
    "training": "training",
    "since": "narrowed",
    "until": "narrowed",
    "text": "narrowed",
    "icl": "examples",
}
"""Where a problem with one of the request's fields is shown, when it is not beneath the field itself."""
_KEY = "launch_{}"


def find_place(problem: InputError | None) -> str | None:
    """Return the control beneath which a problem is told."""
    if problem is None or problem.field is None:
        return None
    name = problem.field.partition(".")[0]
    return PLACES.get(name, name)


def draw_data(form: LaunchForm, workloads: Sequence[WorkloadSummary], problem: InputError | None) -> None:
    """Draw whose records a run is about."""
    totals = launch_form.count_by_workload(workloads)
    clients = launch_form.count_by_client(workloads, form.workload)
    st.session_state[_KEY.format("workload")] = form.workload
    st.session_state[_KEY.format("client")] = form.client or ALL_CLIENTS
    with st.container(border=True, key="launch_data"):
        st.subheader("Records", anchor=False)
        with st.grid(2, min_column_width=200, gap="small"):
            with st.container(gap="xsmall"):
                st.selectbox(
                    "Workload",
                    sorted(totals, key=totals.__getitem__, reverse=True),
                    format_func=lambda name: f"{name} · {numbers.quantity(totals[name], 'record')}",
                    key=_KEY.format("workload"),
                    on_change=_change_workload,
                )
                tell(problem, "workload")
            with st.container(gap="xsmall"):
                st.selectbox(
                    "Client",
                    [ALL_CLIENTS, *clients],
                    format_func=lambda name: (
                        f"{name} · {numbers.quantity(clients.get(name, sum(clients.values())), 'record')}"
                    ),
                    key=_KEY.format("client"),
                    on_change=_change_client,
                )
                tell(problem, "client")


def draw_candidates(form: LaunchForm, students: Sequence[Student], problem: InputError | None) -> None:
    """Draw which students are tried, and in which variants."""
    names = [student.name for student in students]
    variants = [str(variant) for variant in AVAILABLE_VARIANTS]
    _seed_choices("student", names, form.students)
    _seed_choices("variant", variants, form.variants)
    with st.container(border=True, key="launch_candidates"):
        st.subheader("Students", anchor=False)
        for student in students:
            with st.container(gap=None):
                st.checkbox(
                    markup.literal(student.name),
                    key=_choice_key("student", student.name),
                    on_change=_write_choices,
                    args=("student", names),
                )
                st.caption(markup.literal(describe_student(student)))
        tell(problem, "students")
        st.subheader("Variants", anchor=False)
        for variant in AVAILABLE_VARIANTS:
            st.checkbox(
                f"{review_view.VARIANT_NAMES[variant].capitalize()}, {VARIANT_HELP[variant]}",
                key=_choice_key("variant", variant),
                on_change=_write_choices,
                args=("variant", variants),
            )
        tell(problem, "variants")


def draw_sizes(form: LaunchForm, settings: Settings, sets: Sequence[EvaluationSet], problem: InputError | None) -> None:
    """Draw what the candidates are judged on and how the other records are divided."""
    with st.container(border=True, key="launch_sizes"):
        st.subheader("Datasets", anchor=False)
        launch_selection.draw_evaluation_set(form, sets)
        tell(problem, "evaluation_set")
        judged = launch_selection.find_judged(form, sets)
        own = {} if judged is None else {"evaluation_size": float(judged.records)}
        _draw_numbers(form, launch_form.SIZE_FIELDS, settings, (), problem, own=own)
        with st.expander("Which records, and how they are read", expanded=form.is_narrowed):
            launch_selection.draw_narrowing(form)
            tell(problem, "narrowed")
            launch_selection.draw_reading(form)
            tell(problem, "field")


def draw_examples(form: LaunchForm, settings: Settings, problem: InputError | None) -> None:
    """Draw how in-context examples are chosen, where that variant is measured."""
    if form.variants is not None and Variant.ICL not in form.variants:
        return
    with st.container(border=True, key="launch_examples"):
        st.subheader("In-context examples", anchor=False)
        launch_selection.draw_selection(form, settings)
        _draw_numbers(form, launch_form.ICL_FIELDS, settings, (), problem)
        tell(problem, "examples")


def draw_training(
    form: LaunchForm, settings: Settings, students: Sequence[Student], problem: InputError | None
) -> None:
    """Draw the hyperparameters with the defaults of the chosen students."""
    with st.container(border=True, key="launch_training"):
        st.subheader("Customization", anchor=False)
        if form.variants is not None and Variant.CUSTOMIZED not in form.variants:
            st.caption("Not needed: no customized variant is measured.")
            return
        _draw_numbers(form, launch_form.TRAINING_FIELDS, settings, students, problem)
        tell(problem, "training")


def describe_student(student: Student) -> str:
    """Return what a student is, in a line."""
    parts = [
        f"{numbers.count(student.context_length)} tokens of context",
        numbers.quantity(student.gpus, "GPU") if student.gpus else "no GPU",
        f"customized from {student.target}" if student.customizable else "cannot be customized",
    ]
    if student.price_input_usd is not None and student.price_output_usd is not None:
        prices = f"{numbers.money(student.price_input_usd)} in, {numbers.money(student.price_output_usd)} out"
        parts.append(f"{prices} per million tokens")
    return " · ".join(parts)


def _draw_numbers(
    form: LaunchForm,
    fields: Sequence[NumberField],
    settings: Settings,
    students: Sequence[Student],
    problem: InputError | None,
    *,
    own: Mapping[str, float] = MappingProxyType({}),
) -> None:
    """Draw numbers with their defaults; `own` are defaults that come from elsewhere than the settings."""
    with st.grid(2, min_column_width=200, gap="small"):
        for field in fields:
            default = own.get(field.name, launch_form.find_default(field, settings, students))
            st.session_state[_KEY.format(field.name)] = _typed(field, form.numbers.get(field.name, default))
            with st.container(gap="xsmall"):
                st.number_input(
                    f"{field.label} (default {describe_default(field, default)})",
                    value=None,
                    step=int(field.step) if field.is_whole else float(field.step),
                    format="%d" if field.is_whole else "%g",
                    key=_KEY.format(field.name),
                    help=field.help,
                    on_change=_write_number,
                    args=(field.name, default),
                )
                tell(problem, field.name)


def describe_default(field: NumberField, default: float | None) -> str:
    """Return a default in words."""
    if default is not None:
        return f"{default:g}"
    return "by student" if field.is_training else "all"


def tell(problem: InputError | None, place: str) -> None:
    """Say what is wrong beneath the control it concerns."""
    if problem is not None and find_place(problem) == place:
        st.markdown(f":red[:material/error: {markup.literal(_sentence(problem))}]")


def _sentence(problem: InputError) -> str:
    text = str(problem)
    return f"{text[:1].upper()}{text[1:]}".rstrip(".") + "."


def _typed(field: NumberField, value: float | None) -> float | None:
    if value is None:
        return None
    return int(value) if field.is_whole else float(value)


def _seed_choices(kind: str, options: Sequence[str], chosen: Sequence[str] | None) -> None:
    for option in options:
        st.session_state[_choice_key(kind, option)] = chosen is None or option in chosen


def _choice_key(kind: str, option: str) -> str:
    return _KEY.format(f"{kind}_{option}")


def _change_workload() -> None:
    url.write(workload=st.session_state[_KEY.format("workload")], client=None)


def _change_client() -> None:
    client = st.session_state[_KEY.format("client")]
    url.write(client=None if client == ALL_CLIENTS else client)


def _write_choices(kind: str, options: Sequence[str]) -> None:
    chosen = [option for option in options if st.session_state[_choice_key(kind, option)]]
    url.write(**{f"{kind}s": launch_form.write_list(chosen, options)})


def _write_number(name: str, default: float | None) -> None:
    url.write(**{name: launch_form.write_number(st.session_state[_KEY.format(name)], default)})
