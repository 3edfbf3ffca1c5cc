"""Lists: paging past the end, sorting, filters, search, and what is refused. Most over HTTP, the rules also alone."""

from typing import TYPE_CHECKING

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.backend.lists import ListRules, answer_list, read_query

if TYPE_CHECKING:
    from nemo_microservices import NeMoMicroservices

PATH = "/v1/datasets"


@pytest.fixture(scope="module", autouse=True)
def datasets(client: httpx.Client) -> None:
    """Twenty-five datasets: even ones in project `even`, odd ones in `odd`, each with its number as key."""
    for number in range(25):
        body = {
            "name": f"set-{number:02}",
            "namespace": "paged" if number < 24 else "alone",
            "project": "odd" if number % 2 else "even",
            "files_url": f"hf://datasets/paged/set-{number}",
            "custom_fields": {"suite": "lists", "flywheel_key": f"run-{number}", "nested": {"deep": number}},
        }
        assert client.post(PATH, json=body).status_code == 200


OURS = {"filter[custom_fields][suite]": "lists"}  # other tests share the server


def names(client: httpx.Client, **query: str | int) -> list[str]:
    response = client.get(PATH, params={**OURS, **query})
    assert response.status_code == 200, response.text
    return [dataset["name"] for dataset in response.json()["data"]]


def test_the_envelope_has_every_field_of_the_contract(client: httpx.Client) -> None:
    answer = client.get(PATH, params={**OURS, "page": 3, "page_size": 10}).json()
    assert answer["object"] == "list"
    assert answer["pagination"] == {
        "page": 3,
        "page_size": 10,
        "current_page_size": 5,
        "total_pages": 3,
        "total_results": 25,
    }
    assert answer["sort"] == "created_at"


@pytest.mark.parametrize("page", [4, 99])
def test_a_page_past_the_end_is_empty_and_no_error(client: httpx.Client, page: int) -> None:
    response = client.get(PATH, params={**OURS, "page": page, "page_size": 10})
    assert response.status_code == 200
    assert response.json()["data"] == []


def test_the_official_client_reads_every_page_once_and_stops(sdk: "NeMoMicroservices") -> None:
    read = [dataset.name for dataset in sdk.datasets.list(page_size=10, filter={"namespace": "paged"})]
    assert read == [f"set-{number:02}" for number in range(24)]


def test_lists_are_sorted_both_ways(client: httpx.Client) -> None:
    assert names(client, sort="-created_at", page_size=3) == ["set-24", "set-23", "set-22"]
    assert names(client, sort="created_at", page_size=2) == ["set-00", "set-01"]
    assert names(client, sort="-name", page_size=2) == ["set-24", "set-23"]


def test_filters_on_namespace_project_and_custom_fields_find_what_they_name(client: httpx.Client) -> None:
    assert names(client, **{"filter[namespace]": "alone"}) == ["set-24"]
    assert len(names(client, page_size=100, **{"filter[project]": "odd", "filter[namespace]": "paged"})) == 12
    assert names(client, **{"filter[custom_fields][flywheel_key]": "run-7"}) == ["set-07"]
    assert names(client, **{"filter[custom_fields][nested][deep]": "3"}) == ["set-03"]


def test_a_filter_that_names_nothing_finds_nothing(client: httpx.Client) -> None:
    assert names(client, **{"filter[custom_fields][flywheel_key]": "run-99"}) == []
    assert names(client, **{"filter[custom_feilds][flywheel_key]": "run-7"}) == []


def test_filters_on_times_compare_them(client: httpx.Client) -> None:
    middle = client.get(f"{PATH}/paged/set-10").json()["created_at"]
    assert names(client, page_size=100, **{"filter[created_at][gte]": middle})[0] == "set-10"
    assert names(client, page_size=100, **{"filter[created_at][lt]": middle})[-1] == "set-09"


def test_search_finds_any_of_several_parts(client: httpx.Client) -> None:
    assert names(client, **{"search[name]": "T-01,et-02"}) == ["set-01", "set-02"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"page": "0"}, "page"),
        ({"page": "-1"}, "page"),
        ({"page": "two"}, "page"),
        ({"page_size": "0"}, "page_size"),
        ({"page_size": "100000"}, "page_size"),
        ({"sort": "size"}, "sort"),
    ],
)
def test_an_impossible_query_is_refused_with_its_field(client: httpx.Client, query: dict[str, str], field: str) -> None:
    response = client.get(PATH, params=query)
    assert response.status_code == 422
    assert response.json()["detail"][0]["loc"] == ["query", field]


@given(
    count=st.integers(0, 40),
    page_size=st.integers(1, 15),
    sort=st.sampled_from(["created_at", "-created_at"]),
    distinct=st.integers(1, 40),
)
def test_pages_together_hold_each_document_once_in_order(count: int, page_size: int, sort: str, distinct: int) -> None:
    rules = ListRules()
    documents = [{"id": number, "created_at": f"{number // distinct:04}"} for number in range(count)]
    read: list[int] = []
    page = 1
    while True:
        pairs = [("page", str(page)), ("page_size", str(page_size)), ("sort", sort)]
        data = answer_list(documents, read_query(pairs, rules), rules)["data"]
        if not data:
            break
        read += [document["id"] for document in data]
        page += 1
    expected = list(range(count))
    assert read == (expected[::-1] if sort == "-created_at" else expected)
