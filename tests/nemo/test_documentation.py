"""`docs/nemo.md` names what exists and tells the numbers that are in force."""

import re

from core.nemo import Decoding, ServiceError
from core.nemo import errors as errors_module
from core.nemo.messages import RETRY_AFTER_CAP_S
from core.nemo.transport import TransportOptions
from core.nemo.v1 import evaluations, results
from core.settings import NemoSettings
from tests.machine import REPOSITORY

PAGE = (REPOSITORY / "docs" / "nemo.md").read_text(encoding="utf-8")


def test_every_setting_of_the_services_is_described_and_no_other() -> None:
    assert set(re.findall(r"`nemo\.(\w+)`", PAGE)) == set(NemoSettings.model_fields)


def test_every_error_is_described() -> None:
    kinds = [kind for kind in vars(errors_module).values() if isinstance(kind, type) and issubclass(kind, ServiceError)]
    assert [kind.__name__ for kind in kinds if kind is not ServiceError and f"`{kind.__name__}`" not in PAGE] == []


def test_the_numbers_are_those_in_force() -> None:
    options = TransportOptions()
    asked = f"{evaluations.PARALLELISM} records are asked at once, each up to {evaluations.ATTEMPTS_PER_RECORD} times"
    unpacked = f"{results.LARGEST_RESULTS_BYTES // 2**30} GiB unpacked"
    for sentence in (
        f"{options.attempts} within a call, with full-jitter pauses of at most {options.longest_wait_s:g} s",
        f"at most {RETRY_AFTER_CAP_S} s) is never undercut",
        f"`temperature` {Decoding().temperature:g} (greedy) and `max_tokens` {Decoding().max_tokens}",
        f"{asked}, for at most {evaluations.RECORD_TIMEOUT_S} s",
        f"at most {results.LARGEST_ARCHIVE_BYTES // 2**20} MiB packed, {unpacked}",
    ):
        assert sentence in " ".join(PAGE.split()), sentence
