"""Saved views: filters of the Logs page under a name."""

from datetime import UTC, datetime

import pytest

from core.database import Database
from core.errors import ConflictError, InputError, NotFoundError
from core.logs import QueryError, SavedView, delete_view, list_views, save_view

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def seen(database: Database) -> list[SavedView]:
    with database.read() as session:
        return list_views(session)


def test_a_view_keeps_the_filters_and_nothing_else(database: Database) -> None:
    parameters = {"workload": "tickets", "text": "model:a*", "client": "", "cursor": "x", "record": "7"}
    view_id = save_view(database, name="  Large   model ", owner="rita", parameters=parameters, now=NOW)
    assert seen(database) == [
        SavedView(
            id=view_id,
            name="Large model",
            owner="rita",
            parameters={"workload": "tickets", "text": "model:a*"},
            saved_at=NOW,
        )
    ]


def test_saving_under_the_same_name_replaces_the_owners_view_only(database: Database) -> None:
    first = save_view(database, name="mine", owner="rita", parameters={"text": "a"}, now=NOW)
    save_view(database, name="mine", owner="sam", parameters={"text": "b"}, now=NOW)
    assert save_view(database, name="mine", owner="rita", parameters={"text": "c"}, now=NOW) == first
    assert [(view.owner, view.parameters) for view in seen(database)] == [
        ("rita", {"text": "c"}),
        ("sam", {"text": "b"}),
    ]


@pytest.mark.parametrize(
    ("name", "parameters", "field"),
    [
        ("", {"text": "a"}, "name"),
        ("x" * 81, {"text": "a"}, "name"),
        ("fine", {}, "parameters"),
        ("fine", {"record": "7", "text": ""}, "parameters"),
        ("fine", {"text": "modl:x"}, "text"),
    ],
)
def test_what_is_no_view_is_refused(database: Database, name: str, parameters: dict[str, str], field: str) -> None:
    with pytest.raises(InputError) as caught:
        save_view(database, name=name, owner="rita", parameters=parameters, now=NOW)
    assert caught.value.field == field
    assert isinstance(caught.value, QueryError) is (field == "text")
    assert seen(database) == []


def test_only_its_owner_may_delete_a_view(database: Database) -> None:
    view_id = save_view(database, name="mine", owner="rita", parameters={"text": "a"}, now=NOW)
    with pytest.raises(ConflictError, match="belongs to rita"):
        delete_view(database, view_id, owner="sam")
    delete_view(database, view_id, owner="rita")
    assert seen(database) == []
    with pytest.raises(NotFoundError):
        delete_view(database, view_id, owner="rita")
