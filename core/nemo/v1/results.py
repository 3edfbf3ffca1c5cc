"""The per-record results of an evaluation: a zip whose `results.json` holds every record with the model's answer.

The archive comes from outside: it goes to a temporary file, sizes are checked before anything is unpacked, and nothing
is ever written under a name from it. Everything in it but `results.json` is ignored.
"""

import json
import lzma
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import IO

from core.nemo.errors import RequestRefused
from core.nemo.operations import RemoteSample
from core.nemo.transport import Transport
from core.nemo.v1.evaluations import read_metrics
from core.nemo.v1.fields import path_segment, read_count, read_list, read_mapping, read_number, read_text

LARGEST_ARCHIVE_BYTES = 512 * 2**20
LARGEST_RESULTS_BYTES = 1024 * 2**20
IN_MEMORY_BYTES = 16 * 2**20
BROKEN_ARCHIVE = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, OSError, EOFError, NotImplementedError, RuntimeError)
"""What `zipfile` raises for damaged, cut off, unknown and encrypted members; OSError comes from bzip2."""


def stream_samples(services: Transport, job_id: str) -> Iterator[RemoteSample]:
    """Yield the outcome of every record; the download happens at the first one.

    Raises `RequestRefused` for an archive that is damaged, too large, or holds no results.
    """
    with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES) as archive:
        path = f"/v1/evaluation/jobs/{path_segment(job_id)}/download-results"
        services.download(path, archive, largest_bytes=LARGEST_ARCHIVE_BYTES)
        yield from read_samples(archive, job_id)


def read_samples(archive: IO[bytes], job_id: str) -> Iterator[RemoteSample]:
    """Yield the outcome of every record in an archive of results."""
    with _refusing(job_id), zipfile.ZipFile(archive) as opened:
        members = [entry for entry in opened.infolist() if entry.filename.split("/")[-1] == "results.json"]
        if not members:
            raise RequestRefused(f"the results of {job_id} hold no results.json")
        if sum(entry.file_size for entry in members) > LARGEST_RESULTS_BYTES:
            raise RequestRefused(f"the results of {job_id} unpack to more than {LARGEST_RESULTS_BYTES} bytes")
        tasks = [read_mapping(json.loads(opened.read(entry))) for entry in members]
    for task in tasks:
        for entries in task.values():
            yield from (read_sample(read_mapping(entry)) for entry in read_list(entries))


def read_sample(entry: Mapping[str, object]) -> RemoteSample:
    """Return one record's outcome; whatever is missing from it makes an error, never a failure to read the rest."""
    sample = read_mapping(entry.get("sample"))
    response = read_mapping(sample.get("response"))
    choice = read_mapping(next(iter(read_list(response.get("choices"))), None))
    usage = read_mapping(response.get("usage"))
    message = _read_message(choice, sample)
    return RemoteSample(
        request=read_mapping(read_mapping(entry.get("item")).get("request")),
        message=message,
        finish_reason=read_text(choice.get("finish_reason")),
        prompt_tokens=read_count(usage.get("prompt_tokens")),
        completion_tokens=read_count(usage.get("completion_tokens")),
        latency_ms=read_number(sample.get("latency_ms")),
        scores=read_metrics(entry.get("metrics")),
        error=None if message is not None else _read_error(entry, sample, response),
    )


def _read_message(choice: Mapping[str, object], sample: Mapping[str, object]) -> Mapping[str, object] | None:
    if message := read_mapping(choice.get("message")):
        return message
    output = sample.get("output_text")
    return {"role": "assistant", "content": output} if isinstance(output, str) else None


def _read_error(entry: Mapping[str, object], sample: Mapping[str, object], response: Mapping[str, object]) -> str:
    for place in (sample, response, entry):
        problem = place.get("error")
        words = read_text(problem) or read_text(read_mapping(problem).get("message"))
        if words:
            return words
    # The NIM proxy's own error shape, kept as the response: {"object": "error", "message": ...}
    return read_text(response.get("message")) or "the service returned no answer for this record"


@contextmanager
def _refusing(job_id: str) -> Iterator[None]:
    try:
        yield
    except (ValueError, RecursionError) as error:
        raise RequestRefused(f"the results.json of {job_id} is not JSON: {error}") from error
    except BROKEN_ARCHIVE as error:
        raise RequestRefused(f"the results of {job_id} are no readable zip archive: {error}") from error
