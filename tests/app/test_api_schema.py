"""Schemathesis against the OpenAPI schema: whatever it sends, the answer is documented and never a crash."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable

from tests.processes import Installation
from tests.runs.rows import add_run

CHECKS = [
    schemathesis.checks.not_a_server_error,
    schemathesis.checks.status_code_conformance,
    schemathesis.checks.content_type_conformance,
    schemathesis.checks.response_schema_conformance,
    schemathesis.checks.unsupported_method,
    schemathesis.checks.negative_data_rejection,
]
EXAMPLES = 12


@schemathesis.serializer("application/x-ndjson", "application/jsonl")
def write_lines(_context: Any, value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")


@pytest.fixture(scope="module")
def api_schema(tmp_path_factory: pytest.TempPathFactory, topics: Path) -> Iterator[Any]:
    with Installation(tmp_path_factory.mktemp("schema")) as installation:
        installation.import_traffic(topics)
        add_run(installation.database, "run-1")
        installation.start("api")
        yield schemathesis.openapi.from_url(f"{installation.api}/api/openapi.json")


def test_every_call_keeps_to_the_schema(api_schema: Any) -> None:
    operations = [result.ok() for result in api_schema.get_all_operations()]
    assert len(operations) >= 13
    for operation in operations:
        try_operation(operation)


def try_operation(operation: Any) -> None:
    # Data that fits and data that does not; both kinds must be answered as the schema says.
    for mode in schemathesis.GenerationMode:

        @settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck), deadline=None, derandomize=True)
        @given(case=operation.as_strategy(generation_mode=mode))
        def call(case: schemathesis.Case[Any]) -> None:
            case.call_and_validate(checks=CHECKS)

        with suppress(Unsatisfiable):  # a call without parameters cannot be sent anything wrong
            call()
