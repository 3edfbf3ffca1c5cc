"""What the datasets of a planned run will hold, before it starts: the preview that page, command line and API show."""

from typing import Any

from sqlmodel import Session

from core.database import Database
from core.datasets import (
    FrozenEvaluationSet,
    OnProgress,
    find_evaluation_set,
    load_corrections,
    open_evaluation_set,
    preview_datasets,
    preview_icl,
)
from core.logs import LogStore
from core.runs.options import build_options
from core.runs.plan import Variant
from core.runs.request import CompletedRequest
from core.runs.similarity import open_similarity
from core.settings import Settings


def compose_datasets(
    database: Database,
    request: CompletedRequest,
    *,
    settings: Settings,
    logs: LogStore,
    on_progress: OnProgress | None = None,
) -> dict[str, Any]:
    """Return as plain JSON values what a run would use: `datasets` as `Preview.to_dict`, `icl` as `IclPreview.to_dict`.

    `icl` is None where no in-context variant is asked for. Raises `DatasetError` where the build would, and what an
    embedding endpoint raises when it is down.
    """
    with database.read() as session:
        corrections = load_corrections(session, request.workload_id)
        frozen = _open_frozen(session, request)
    made = preview_datasets(
        logs, build_options(request), evaluation_set=frozen, corrections=corrections, on_progress=on_progress
    )
    icl = None
    if Variant.ICL in request.variants:
        with open_similarity(settings) as similarity:
            icl = preview_icl(
                made.built,
                request.context_lengths,
                request.icl_options,
                workload_id=request.workload_id,
                similarity=similarity,
            ).to_dict()
    return {"datasets": made.preview.to_dict(), "icl": icl}


def _open_frozen(session: Session, request: CompletedRequest) -> FrozenEvaluationSet | None:
    chosen = find_evaluation_set(session, request.evaluation_set) if request.evaluation_set else None
    return open_evaluation_set(session, chosen) if chosen else None
