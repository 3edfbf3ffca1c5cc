"""The Launch form's choices that are no numbers: the evaluation set, which records, which examples."""

from collections.abc import Sequence

import streamlit as st

from app.ui import launch_form, numbers, url
from app.ui.launch_form import LaunchForm
from app.ui.run_manifest import FORMAT_NAMES
from core.database import utc_now
from core.datasets import EvaluationSet, WorkloadType
from core.scoring import AnswerKind
from core.settings import Settings

DEFAULT, NEW = "", "new"
SELECTION_NAMES = {
    "semantic": "The most similar training records",
    "uniform": "The same ones for every record, spread over the classes",
}
METHOD_NAMES = {DEFAULT: "Drawn at random", launch_form.NEWEST: "The newest"}
_SET, _SINCE, _UNTIL, _TEXT = "launch_evaluation_set", "launch_since", "launch_until", "launch_text"
_METHOD, _SELECTION = "launch_limit_method", "launch_selection"
_TYPE, _ANSWERS, _FIELD = "launch_workload_type", "launch_answers", "launch_field"


def draw_evaluation_set(form: LaunchForm, sets: Sequence[EvaluationSet]) -> None:
    """Draw which frozen evaluation set the candidates are judged on."""
    names = {each.name: _describe(each) for each in sets}
    chosen = _find_name(form.evaluation_set, sets)
    options = [DEFAULT, *names, NEW] if sets else [DEFAULT]
    if chosen not in options:
        options.append(chosen)  # a link may name what is gone; the plan says so
    st.session_state[_SET] = chosen
    st.selectbox(
        "Evaluation set",
        options,
        format_func=lambda name: _name_option(name, names, has_sets=bool(sets)),
        key=_SET,
        help="Runs judged on one frozen set can be compared. A new one is drawn where none has the size asked for.",
        on_change=_write_set,
    )


def find_judged(form: LaunchForm, sets: Sequence[EvaluationSet]) -> EvaluationSet | None:
    """Return the set that decides how many records are judged on unless a size is asked for; None for a new one."""
    if form.evaluation_set == NEW or not sets:
        return None
    name = _find_name(form.evaluation_set, sets)
    return next((each for each in sets if each.name == name), sets[0])


def draw_narrowing(form: LaunchForm) -> None:
    """Draw which of the workload's records are used."""
    st.session_state[_SINCE], st.session_state[_UNTIL] = form.since, form.until
    st.session_state[_TEXT] = form.text or ""
    st.session_state[_METHOD] = form.limit_method or DEFAULT
    with st.grid(2, min_column_width=200, gap="small"):
        st.date_input("From (UTC)", value=None, key=_SINCE, format="YYYY-MM-DD", on_change=_write_days)
        st.date_input("To, included (UTC)", value=None, key=_UNTIL, format="YYYY-MM-DD", on_change=_write_days)
        st.text_input(
            "Only records with",
            key=_TEXT,
            help='As in the log browser: words, "phrases", prefix*, -exclusion.',
            on_change=_write_text,
        )
        st.selectbox(
            "Which, when there are more than are used",
            list(METHOD_NAMES),
            format_func=METHOD_NAMES.__getitem__,
            key=_METHOD,
            on_change=_write_method,
        )


def draw_reading(form: LaunchForm) -> None:
    """Draw how answers are read, for whoever knows better than the detection."""
    st.session_state[_TYPE], st.session_state[_ANSWERS] = form.workload_type or DEFAULT, form.answers or DEFAULT
    st.session_state[_FIELD] = form.field or ""
    with st.grid(2, min_column_width=200, gap="small"):
        st.selectbox(
            "Kind of workload",
            [DEFAULT, *(kind.value for kind in WorkloadType)],
            format_func=lambda name: name.replace("_", " ").capitalize() or "As detected",
            key=_TYPE,
            on_change=_write_reading,
        )
        st.selectbox(
            "Answers are",
            [DEFAULT, *(kind.value for kind in AnswerKind)],
            format_func=lambda name: FORMAT_NAMES[AnswerKind(name)].capitalize() if name else "As detected",
            key=_ANSWERS,
            on_change=_write_reading,
        )
        if form.answers == AnswerKind.JSON_FIELD:
            st.text_input("Name of the JSON field", key=_FIELD, on_change=_write_reading)


def draw_selection(form: LaunchForm, settings: Settings) -> None:
    """Draw how the examples of a prompt are chosen."""
    st.session_state[_SELECTION] = form.selection or settings.icl.selection
    st.selectbox(
        "Which examples",
        list(SELECTION_NAMES),
        format_func=SELECTION_NAMES.__getitem__,
        key=_SELECTION,
        on_change=_write_selection,
        args=(settings.icl.selection,),
    )
    if st.session_state[_SELECTION] == "semantic":
        how = settings.icl.embedding_model or "shared character n-grams, offline"
        st.caption(f"Similarity by {how}.")


def _find_name(wanted: str | None, sets: Sequence[EvaluationSet]) -> str:
    if wanted in (None, NEW):
        return wanted or DEFAULT
    for each in sets:
        if wanted in (each.name, str(each.version)) or each.sha256.startswith(wanted or each.name):
            return each.name
    return wanted or DEFAULT


def _describe(each: EvaluationSet) -> str:
    age = numbers.age(each.last_record_at, utc_now())
    return f"{each.name} · {numbers.quantity(each.records, 'record')}, the newest {age}"


def _name_option(name: str, names: dict[str, str], *, has_sets: bool) -> str:
    if name == DEFAULT:
        return "The newest that has the size asked for" if has_sets else "A new one; none is frozen yet"
    return "A new one" if name == NEW else names.get(name, name)


def _write_set() -> None:
    chosen = st.session_state[_SET] or None
    is_named = chosen not in (None, NEW)
    url.write(evaluation_set=chosen, **({"evaluation_size": None} if is_named else {}))


def _write_days() -> None:
    url.write(since=st.session_state[_SINCE], until=st.session_state[_UNTIL])


def _write_text() -> None:
    url.write(text=st.session_state[_TEXT].strip())


def _write_method() -> None:
    url.write(limit_method=st.session_state[_METHOD])


def _write_reading() -> None:
    answers = st.session_state[_ANSWERS]
    field = st.session_state.get(_FIELD, "").strip() if answers == AnswerKind.JSON_FIELD else None
    url.write(workload_type=st.session_state[_TYPE], answers=answers, field=field)


def _write_selection(default: str) -> None:
    chosen = st.session_state[_SELECTION]
    url.write(selection=None if chosen == default else chosen)
