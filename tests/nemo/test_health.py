"""The probe: every service asked once, none of them stopping it."""

import httpx

from tests.nemo.scripted import ScriptedService, open_adapter, raw_reply, reply

WORKING: dict[str, httpx.Response] = {
    "GET /v1/namespaces": reply({"data": []}),
    "GET /v1/customization/configs": reply({"data": [], "version": "25.12"}),
    "GET /v1/evaluation/jobs": reply({"data": []}),
    "GET /v1/deployment/model-deployments": reply({"data": []}),
    "GET /v1/models": reply({"data": []}),
    "GET /v1/health": raw_reply(b"OK"),
}


def test_every_service_is_named_with_its_address() -> None:
    health = open_adapter(ScriptedService(dict(WORKING))).probe()
    assert [seen.service for seen in health] == [
        "entity store",
        "customizer",
        "evaluator",
        "deployment management",
        "NIM proxy",
        "data store",
    ]
    assert {seen.url for seen in health} == {"http://service.test/base"}
    assert all(seen.ok for seen in health)
    assert health[1].detail.endswith("version 25.12")


def test_a_service_that_is_down_is_asked_once_and_the_others_are_still_seen() -> None:
    down = {call: httpx.ConnectError("refused") for call in ("GET /v1/evaluation/jobs", "GET /v1/health")}
    service = ScriptedService({**WORKING, **down})
    seen_down = [seen for seen in open_adapter(service).probe() if not seen.ok]
    assert [seen.service for seen in seen_down] == ["evaluator", "data store"]
    assert "connection was refused" in seen_down[0].detail
    assert [service.calls.count(call) for call in down] == [1, 1]


def test_a_service_that_does_not_know_the_call_is_not_well() -> None:
    assert not [seen for seen in open_adapter(ScriptedService()).probe() if seen.ok]


def test_a_data_store_without_a_health_path_is_asked_for_its_namespaces() -> None:
    routes = {"GET /v1/datastore/namespaces/": reply({"data": []})}
    (data_store,) = [seen for seen in open_adapter(ScriptedService({**routes})).probe() if seen.ok]
    assert data_store.service == "data store"
