"""The downloaded results of an evaluation: records, gaps, and archives that are not what they should be."""

import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from core.nemo import RemoteSample, RequestRefused, ServiceUnavailable
from core.nemo.v1 import results as results_module
from core.nemo.v1.results import read_samples
from tests.nemo.scripted import Answer, ScriptedService, open_adapter, raw_reply, reply

DOWNLOAD = "GET /v1/evaluation/jobs/eval-1/download-results"
REQUEST = {"model": "teacher", "messages": [{"role": "user", "content": "Why?"}]}
ENTRY: dict[str, Any] = {
    "item": {"request": REQUEST, "response": {"choices": []}, "workload_id": "news"},
    "sample": {
        "output_text": "[[risk]]",
        "latency_ms": 12.5,
        "response": {
            "model": "meta/llama",
            "choices": [{"message": {"role": "assistant", "content": "[[risk]]"}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12},
        },
    },
    "metrics": {"f1": {"scores": {"f1": {"value": 1.0}}}, "other": {"scores": {"s": {"value": float("nan")}}}},
}


def make_zip(members: Mapping[str, bytes]) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, content in members.items():
            opened.writestr(name, content)
    return archive.getvalue()


def make_results(*entries: object, name: str = "eval-1/results/results.json") -> bytes:
    return make_zip({name: json.dumps({"chat-completion": entries}).encode()})


def read(*answers: Answer) -> list[RemoteSample]:
    return list(open_adapter(ScriptedService({DOWNLOAD: list(answers)})).evaluation_samples("eval-1"))


def read_one(entry: object) -> RemoteSample:
    (sample,) = read(raw_reply(make_results(entry)))
    return sample


def test_a_record_comes_back_with_all_that_was_measured() -> None:
    assert read_one(ENTRY) == RemoteSample(
        request=REQUEST,
        message={"role": "assistant", "content": "[[risk]]"},
        finish_reason="stop",
        prompt_tokens=9,
        completion_tokens=3,
        latency_ms=12.5,
        scores={"f1.f1_score": 1.0},
        error=None,
    )


@pytest.mark.parametrize("name", ["results.json", "a/b/c/results.json"])
def test_the_results_are_found_in_any_folder(name: str) -> None:
    assert len(read(raw_reply(make_results(ENTRY, ENTRY, name=name)))) == 2


def test_everything_else_in_the_archive_is_ignored() -> None:
    members = {"../../etc/passwd": b"x", "my-results.json": b"{", "results.json.bak": b"{", "run.parquet": b"\0"}
    archive = make_zip({**members, "results.json": json.dumps({"t": [ENTRY]}).encode()})
    assert len(read(raw_reply(archive))) == 1


def test_a_text_without_a_response_is_the_answer() -> None:
    sample = read_one({"item": {"request": REQUEST}, "sample": {"output_text": ""}})
    assert (sample.message, sample.error) == ({"role": "assistant", "content": ""}, None)


@pytest.mark.parametrize(
    ("sample", "error"),
    [
        (None, "the service returned no answer for this record"),
        ({}, "the service returned no answer for this record"),
        ({"response": {"choices": []}, "output_text": None}, "the service returned no answer for this record"),
        ({"error": "timed out"}, "timed out"),
        ({"response": {"error": {"message": "overloaded", "code": 503}}}, "overloaded"),
        ({"response": {"object": "error", "message": "model not loaded"}}, "model not loaded"),
    ],
)
def test_a_record_without_an_answer_is_an_error_outcome(sample: object, error: str) -> None:
    outcome = read_one({"item": {"request": REQUEST}, "sample": sample})
    assert (outcome.request, outcome.message, outcome.error) == (REQUEST, None, error)
    assert (outcome.prompt_tokens, outcome.completion_tokens, outcome.latency_ms) == (None, None, None)


@pytest.mark.parametrize("entry", [None, 3, {}, {"item": None}, {"item": {"request": "x"}}, {"metrics": []}])
def test_a_record_of_no_use_does_not_stop_the_others(entry: object) -> None:
    odd, good = read(raw_reply(make_results(entry, ENTRY)))
    assert (odd.request, odd.message) == ({}, None)
    assert good.request == REQUEST


@pytest.mark.parametrize(
    ("archive", "problem"),
    [
        (b"", "no readable zip"),
        (b"not a zip", "no readable zip"),
        (make_results(ENTRY)[:-30], "no readable zip"),
        (make_zip({"other.txt": b"x"}), r"no results\.json"),
        (make_zip({"results.json": b"{"}), "not JSON"),
        (make_zip({"results.json": b"\xff\xfe\xfa"}), "not JSON"),
        (make_zip({"results.json": b"[" * 200_000}), "not JSON"),
    ],
)
def test_an_archive_that_cannot_be_read_is_refused(archive: bytes, problem: str) -> None:
    with pytest.raises(RequestRefused, match=problem):
        read(raw_reply(archive))


def test_a_damaged_or_encrypted_member_is_refused() -> None:
    archive = bytearray(make_results(ENTRY))
    archive[80] ^= 0xFF  # inside the compressed bytes
    with pytest.raises(RequestRefused, match="no readable zip"):
        read(raw_reply(bytes(archive)))
    encrypted = bytearray(make_results(ENTRY))
    encrypted[6] |= 1  # general purpose bit 0, in the local header and the central directory
    encrypted[encrypted.index(b"PK\1\2") + 8] |= 1
    with pytest.raises(RequestRefused, match="no readable zip"):
        read(raw_reply(bytes(encrypted)))


def test_any_damaged_byte_is_refused_or_without_effect() -> None:
    archive = make_results(ENTRY)
    refusals = 0
    for place, original in enumerate(archive):
        for value in {0, 1, 9, 12, 14, 99, 0x7F, 0xFF, original ^ 1, original ^ 0x20}:
            damaged = archive[:place] + bytes([value]) + archive[place + 1 :]
            try:
                list(read_samples(io.BytesIO(damaged), "eval-1"))
            except RequestRefused:
                refusals += 1
    assert refusals > len(archive)


def test_a_json_value_that_is_no_object_holds_no_records() -> None:
    assert read(raw_reply(make_zip({"results.json": b"[]"}))) == []


def test_an_archive_that_unpacks_to_too_much_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results_module, "LARGEST_RESULTS_BYTES", 1000)
    with pytest.raises(RequestRefused, match="unpack to more than 1000 bytes"):
        read(raw_reply(make_zip({"results.json": b" " * 100_000})))


def test_an_archive_that_is_too_large_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results_module, "LARGEST_ARCHIVE_BYTES", 100)
    with pytest.raises(RequestRefused, match="larger than 100 bytes"):
        read(raw_reply(make_results(ENTRY)))


def test_a_download_that_is_cut_begins_anew() -> None:
    assert len(read(httpx.RemoteProtocolError("cut"), raw_reply(make_results(ENTRY)))) == 1


def test_results_that_stay_away_are_told_as_an_outage() -> None:
    with pytest.raises(ServiceUnavailable):
        read(reply({}, 503))
