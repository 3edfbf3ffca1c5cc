"""Importing gold on the Datasets page: a file and its workload; every wrong line is told before anything is kept."""

from collections.abc import Sequence

import streamlit as st

from app.ui import boundary, dataset_queries, identity, markup, numbers, states, url
from app.ui.identity import Duty
from core.datasets import GoldImport

OPEN = "import"
GOLD = "gold"
MAX_UPLOAD_MB = 5
_FILE, _WORKLOAD, _SKIP, _DONE, _PROBLEM = "gold_file", "gold_workload", "gold_skip", "gold_done", "gold_problem"


def draw_entry() -> None:
    """Draw the way in."""
    may = identity.current_account().may(Duty.REVIEWER)
    st.button(
        "Import gold…",
        icon=":material/upload_file:",
        key="gold_new",
        disabled=not may,
        help=None if may else "Gold is given by reviewers and approvers; switch in the side bar.",
        on_click=_open,
    )


def draw_asked(asked: str | None, workloads: Sequence[str], workload: str | None) -> None:
    """Open the dialog if the URL asks for it."""
    if asked == GOLD:
        _ask(workloads, workload)


def _open() -> None:
    for key in (_DONE, _PROBLEM):
        st.session_state.pop(key, None)
    url.write(**{OPEN: GOLD, "set": None})


def _close() -> None:
    url.write(**{OPEN: None})


@st.dialog("Import gold answers", width="medium", icon=":material/upload_file:", on_dismiss=_close)
def _ask(workloads: Sequence[str], workload: str | None) -> None:
    st.caption(
        "Right answers that people gave, as `.jsonl` or `.csv`: each line names its record by `record_id` or"
        f" `request_hash` and gives the `answer`. Up to {MAX_UPLOAD_MB} MB here, any size with"
        " `flywheel datasets gold`."
    )
    file = st.file_uploader(
        "File",
        type=["jsonl", "ndjson", "csv"],
        key=_FILE,
        max_upload_size=MAX_UPLOAD_MB,
        label_visibility="collapsed",
    )
    chosen = st.selectbox(
        "Workload", workloads, index=workloads.index(workload) if workload in workloads else 0, key=_WORKLOAD
    )
    skips = st.checkbox("Import the right lines of a file with wrong ones", key=_SKIP)
    if file is not None:
        st.button(
            "Import",
            key="gold_start",
            type="primary",
            on_click=_import,
            args=(file.name, file.getvalue(), str(chosen), skips),
        )
    if problem := st.session_state.get(_PROBLEM):
        states.show_problem(problem)
    if done := st.session_state.get(_DONE):
        _draw_result(done)


def _import(name: str, content: bytes, workload_id: str, skips_wrong: bool) -> None:  # noqa: FBT001  # Streamlit's args
    st.session_state.pop(_DONE, None)

    def work() -> None:
        st.session_state[_DONE] = dataset_queries.import_gold(
            content,
            name=name,
            workload_id=workload_id,
            actor=identity.current_account().id,
            skips_wrong=skips_wrong,
        )

    st.session_state[_PROBLEM] = boundary.attempt(work)


def _draw_result(done: GoldImport) -> None:
    stored = numbers.quantity(done.stored, "gold answer")
    st.success(f"{stored} stored, {numbers.count(done.unchanged)} there already.", icon=":material/check_circle:")
    for problem in done.problems[:20]:
        st.markdown(f"Line {problem.line} was left out: {markup.literal(problem.reason)}")
