"""What a student answers that knows only its prompt: a call where tools are on offer, a label or text elsewhere."""

from collections.abc import Mapping, Sequence

from core.backend.students.prompted import answer_from_prompts
from core.backend.students.request_reading import read_request
from core.backend.students.sizes import get_size
from core.backend.students.tool_prompted import call_from_prompts


def answer_untrained(requests: Sequence[Mapping[str, object]], *, student: str) -> list[dict[str, object]]:
    """Return one assistant message a request, in order. Raises `NotFoundError` for an unknown student."""
    size = get_size(student)
    reads = [read_request(request) for request in requests]
    calls = iter(call_from_prompts([read for read in reads if read.tools], size))
    contents = iter(answer_from_prompts([read for read in reads if not read.tools], size))
    return [next(calls) if read.tools else {"role": "assistant", "content": next(contents)} for read in reads]
