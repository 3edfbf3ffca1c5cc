"""Deliveries are alike on both databases; `make test` plays on both what workers must agree on, the rest on SQLite."""

import pytest

BOTH = "test_two_workers_send_once"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave most of PostgreSQL to `make test-full`."""
    for item in items:
        is_here = item.nodeid.startswith("tests/notify/")
        if is_here and "[postgresql" in item.nodeid and BOTH not in item.nodeid:
            item.add_marker("full")
