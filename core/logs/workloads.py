"""Finding the workloads somebody means."""

from collections.abc import Sequence

from core.errors import InputError, NotFoundError, near_miss
from core.logs.store import LogStore, WorkloadSummary


def find_workload(store: LogStore, workload_id: str, client_id: str | None = None) -> WorkloadSummary:
    """Return the summary of a workload; without `client_id` there must be one client that has it.

    Raises `NotFoundError` with the near miss when there is none, `InputError` when several clients have it.
    """
    workloads = store.workloads()
    found = [summary for summary in workloads if summary.workload_id == workload_id]
    if not found:
        known = sorted({summary.workload_id for summary in workloads})
        hint = near_miss(workload_id, known) or ("" if known else "; no traffic has been imported yet")
        raise NotFoundError(f"no workload {workload_id!r}{hint}", field="workload_id")
    clients = sorted(summary.client_id for summary in found)
    if client_id is None and len(found) > 1:
        raise InputError(
            f"several clients have a workload {workload_id!r}: {', '.join(clients)}; name one", field="client_id"
        )
    for summary in found:
        if client_id in (None, summary.client_id):
            return summary
    hint = near_miss(client_id or "", clients) or f"; {', '.join(clients)} has"
    raise NotFoundError(f"client {client_id!r} has no workload {workload_id!r}{hint}", field="client_id")


def find_workloads(store: LogStore, workload_id: str | None, client_id: str | None) -> Sequence[WorkloadSummary]:
    """Return the summaries of what is asked for, of all when nothing is.

    Raises `NotFoundError` with the near miss for a workload or client without records.
    """
    known = store.workloads()
    found = [s for s in known if workload_id in (None, s.workload_id) and client_id in (None, s.client_id)]
    if not found and workload_id is not None:
        find_workload(store, workload_id, client_id)
    if not found and client_id is not None:
        hint = near_miss(client_id, sorted({summary.client_id for summary in known}))
        raise NotFoundError(f"no client {client_id!r} has logged anything{hint}", field="client_id")
    return found
