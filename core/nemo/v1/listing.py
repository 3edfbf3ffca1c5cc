"""Finding our jobs in the lists of the services.

Filters on our marks differ between builds, and one that silently finds nothing would start a job twice; so the list is
read newest first and compared here. Contract section 2.1: past the end comes an empty page.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import count, pairwise

from core.nemo.transport import Transport
from core.nemo.v1.fields import read_instant, read_list, read_mapping, read_text

PAGE_SIZE = 100


def list_jobs(transport: Transport, path: str, *, since: datetime) -> Iterator[Mapping[str, object]]:
    """Yield the jobs created at or after `since`, newest first; a job without a time counts as new."""
    seen: set[str | None] = set()
    for page in count(1):
        query: Mapping[str, str | int] = {"page": page, "page_size": PAGE_SIZE, "sort": "-created_at"}
        jobs = [read_mapping(job) for job in read_list(transport.read(path, query=query).document().get("data"))]
        fresh = [job for job in jobs if read_text(job.get("id")) not in seen]
        if not fresh:  # past the end, or a server that ignores `page`
            return
        for job in fresh:
            created_at = read_instant(job.get("created_at"))
            if created_at is None or created_at >= since:
                yield job
        if _is_older_from_here(fresh, since):
            return
        seen.update(read_text(job.get("id")) for job in fresh)


def _is_older_from_here(jobs: Sequence[Mapping[str, object]], since: datetime) -> bool:
    """Tell whether later pages cannot matter: only if the service sorts as asked, which some builds do not."""
    times = [instant for job in jobs if (instant := read_instant(job.get("created_at")))]
    is_newest_first = len(times) > 1 and all(earlier >= later for earlier, later in pairwise(times))
    return is_newest_first and times[-1] < since
