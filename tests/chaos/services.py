"""The NeMo v1 services in memory: fast jobs that do nothing, and a ledger of everything that took effect.

Only the calls that the product makes. Evaluations answer with the teacher's words, so that runs complete.
"""

import base64
import hashlib
import io
import json
import re
import time
import uuid
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from tests.chaos.faults import Entry, Faults

Reply = tuple[int, object]
NOT_FOUND: Reply = (404, {"detail": "not found"})
TAKEN: Reply = (409, {"detail": "already exists"})
DEPLOYMENTS = "/v1/deployment/model-deployments"
HUB = "/v1/hf"


class Services:
    """All services of one namespace. Not thread-safe: its server calls it under a lock."""

    def __init__(self) -> None:
        self.faults = Faults()
        self.ledger: list[Entry] = []
        self.deployments: dict[str, dict[str, Any]] = {}
        self.jobs: dict[str, dict[str, Any]] = {}
        self.files: dict[str, dict[str, bytes]] = {}
        self.documents: dict[str, dict[str, Any]] = {}
        self.routes: tuple[tuple[str, str, Callable[..., Reply]], ...] = (
            ("POST", f"{HUB}/api/repos/create", self._create_repository),
            ("DELETE", f"{HUB}/api/repos/delete", self._delete_repository),
            ("POST", HUB + r"/api/datasets/(.+)/preupload/main", self._announce),
            ("POST", HUB + r"/api/datasets/(.+)/commit/main", self._commit),
            ("GET", HUB + r"/api/datasets/(.+)/tree/main", self._list_files),
            ("POST", "/v1/namespaces|/v1/datastore/namespaces", lambda _: TAKEN),
            ("GET", "/v1/health|/v1/namespaces", lambda _: (200, {"data": [], "status": "healthy"})),
            ("POST", "(/v1/datasets|/v1/customization/configs)", self._create_document),
            ("(GET|PATCH|DELETE)", r"(/v1/(?:datasets|models|customization/configs)/.+)", self._on_document),
            ("GET", "/v1/customization/configs", lambda _: (200, {"data": []})),
            ("POST", DEPLOYMENTS, self._create_deployment),
            ("GET", DEPLOYMENTS, lambda _: (200, {"data": [self._deployment(n) for n in self.deployments]})),
            ("(GET|DELETE)", DEPLOYMENTS + "/[^/]+/([^/]+)", self._on_deployment),
            ("GET", "/(?:nim/)?v1/models", self._list_models),
            ("(GET|POST)", "/v1/(evaluation|customization)/jobs", self._on_jobs),
            ("POST", "/v1/(evaluation|customization)/jobs/([^/]+)/cancel", self._cancel),
            ("GET", "/v1/evaluation/jobs/([^/]+)/results", self._scores),
            ("GET", "/v1/evaluation/jobs/([^/]+)/download-results", self._download),
            ("GET", "/v1/(?:evaluation|customization)/jobs/([^/]+)(?:/status)?", self._get_job),
        )

    def handle(self, method: str, path: str, query: Mapping[str, str], body: bytes) -> Reply:
        """Let one request take effect and return status and document (bytes for a file)."""
        for known_method, pattern, route in self.routes:
            matched_method, matched = re.fullmatch(known_method, method), re.fullmatch(pattern, path)
            if matched_method and matched:
                groups = [*matched_method.groups(), *matched.groups()]
                return route(_Call(body, query), *groups)
        return 404, {"detail": f"no route {method} {path}"}

    def note(self, operation: str, kind: str, key: str, remote_id: str = "") -> None:
        """Write one side effect into the ledger."""
        self.ledger.append(Entry(at=time.time(), operation=operation, kind=kind, key=key, id=remote_id))

    def forget_job(self, key: str) -> bool:
        """Lose a job, as a service does that loses its state; tells whether there was one."""
        found = [job_id for job_id, job in self.jobs.items() if job["key"] == key]
        for job_id in found:
            del self.jobs[job_id]
        return bool(found)

    def finish_jobs(self) -> None:
        """Let every job that runs end now."""
        for job in self.jobs.values():
            job["lasts_s"] = 0.0

    def describe(self) -> dict[str, Any]:
        """Return what the services hold now."""
        return {
            "deployments": tuple(self.deployments),
            "live_jobs": tuple(j for j in self.jobs if self._job(j)["status"] in ("created", "running", "cancelling")),
            "jobs": tuple({**self._job(job_id), "key": job["key"]} for job_id, job in self.jobs.items()),
            "datasets": tuple(self.files),
        }

    def list_ledger(self) -> list[dict[str, Any]]:
        """Return the ledger as JSON values."""
        return [asdict(entry) for entry in self.ledger]

    def _create_repository(self, call: "_Call") -> Reply:
        name = f"{call.document['organization']}/{call.document['name']}"
        if name in self.files:
            return TAKEN
        self.files[name] = {}
        return 200, {"url": name}

    def _delete_repository(self, call: "_Call") -> Reply:
        name = f"{call.document['organization']}/{call.document['name']}"
        if self.files.pop(name, None) is None:
            return NOT_FOUND
        self.note("delete", "dataset", name)
        return 200, {}

    def _announce(self, call: "_Call", _name: str) -> Reply:
        return 200, {"files": [{"path": f["path"], "uploadMode": "regular"} for f in call.document["files"]]}

    def _commit(self, call: "_Call", name: str) -> Reply:
        for line in map(json.loads, call.body.splitlines()):
            if line["key"] == "file":
                self.files[name][line["value"]["path"]] = base64.b64decode(line["value"]["content"])
            elif line["key"] == "deletedFile":
                self.files[name].pop(line["value"]["path"], None)
        return 200, {"success": True, "commitOid": "0" * 40}

    def _list_files(self, _call: "_Call", name: str) -> Reply:
        return 200, [
            {"type": "file", "path": path, "size": len(content), "oid": _git_name(content)}
            for path, content in self.files.get(name, {}).items()
        ]

    def _create_document(self, call: "_Call", path: str) -> Reply:
        name = f"{path}/{call.document['namespace']}/{call.document['name']}"
        if name in self.documents:
            return TAKEN
        self.documents[name] = call.document
        return 200, call.document

    def _on_document(self, call: "_Call", method: str, path: str) -> Reply:
        if path not in self.documents:
            return NOT_FOUND
        if method == "DELETE":
            return 200, self.documents.pop(path)
        if method == "PATCH":
            self.documents[path] |= call.document
        return 200, self.documents[path]

    def _create_deployment(self, call: "_Call") -> Reply:
        name = call.document["name"]
        if name in self.deployments:
            self.note("conflict", "deployment", name)
            return TAKEN
        self.deployments[name] = {**call.document, "since": time.time()}
        self.note("create", "deployment", name)
        return 200, self._deployment(name)

    def _on_deployment(self, _call: "_Call", method: str, name: str) -> Reply:
        if name not in self.deployments:
            return NOT_FOUND
        if method == "GET":
            return 200, self._deployment(name)
        self.note("delete", "deployment", name)
        return 200, self.deployments.pop(name)

    def _deployment(self, name: str) -> dict[str, Any]:
        deployment = self.deployments[name]
        is_ready = time.time() - deployment["since"] >= self.faults.deploy_s
        return {**deployment, "status_details": {"status": "ready" if is_ready else "pending"}}

    def _list_models(self, _call: "_Call") -> Reply:
        served = [d["config"]["model"] for d in map(self._deployment, self.deployments) if _is_ready(d)]
        jobs = map(self._job, self.jobs)
        trained = [job["output_model"] for job in jobs if job["status"] == "completed" and job["output_model"]]
        return 200, {"data": [{"id": name} for name in [*served, *trained]]}

    def _on_jobs(self, call: "_Call", method: str, kind: str) -> Reply:
        return self._list_jobs(call, kind) if method == "GET" else self._create_job(call, kind)

    def _list_jobs(self, call: "_Call", kind: str) -> Reply:
        now = time.time()
        found = [i for i, j in self.jobs.items() if j["kind"] == kind and now - j["at"] >= self.faults.list_lag_s]
        newest_first = sorted((self._job(i) for i in found), key=lambda job: job["created_at"], reverse=True)
        page, size = int(call.query.get("page", "1")), int(call.query.get("page_size", "10"))
        return 200, {"data": newest_first[(page - 1) * size : page * size]}

    def _create_job(self, call: "_Call", kind: str) -> Reply:
        key = call.document["custom_fields"]["flywheel_key"]
        if self.faults.unique_names and any((j["kind"], j["key"]) == (kind, key) for j in self.jobs.values()):
            self.note("conflict", kind, key)
            return TAKEN
        job_id = f"{kind[:4]}-{uuid.uuid4().hex[:12]}"
        lasts_s = self.faults.customize_s if kind == "customization" else self.faults.evaluate_s
        self.jobs[job_id] = {
            "kind": kind,
            "key": key,
            "body": call.document,
            "at": time.time(),
            "lasts_s": lasts_s,
            "cancelled": False,
        }
        self.note("create", kind, key, job_id)
        return 200, self._job(job_id)

    def _cancel(self, _call: "_Call", kind: str, job_id: str) -> Reply:
        if job_id not in self.jobs:
            return NOT_FOUND
        if self._job(job_id)["status"] != "running":
            return 409, {"detail": "the job has ended"}
        self.jobs[job_id]["cancelled"] = True
        self.note("cancel", kind, self.jobs[job_id]["key"], job_id)
        return 200, self._job(job_id)

    def _get_job(self, _call: "_Call", job_id: str) -> Reply:
        return (200, self._job(job_id)) if job_id in self.jobs else NOT_FOUND

    def _job(self, job_id: str) -> dict[str, Any]:
        job = self.jobs[job_id]
        age = time.time() - job["at"]
        status = "running"
        if job["cancelled"]:
            status = "cancelled"
        elif age >= job["lasts_s"]:
            is_failing = self.faults.failing_keys and re.search(self.faults.failing_keys, job["key"])
            status = "failed" if is_failing else "completed"
        quarter = int(4 * age / max(job["lasts_s"], 1e-6)) * 25 if self.faults.is_progressing else 0
        share = 100 if status == "completed" else min(quarter, 75)
        body = job["body"]
        output_model = f"{body['output_model']}@{job_id}" if "output_model" in body else None
        return {
            **body,
            "id": job_id,
            "status": status,
            "output_model": output_model,
            "created_at": datetime.fromtimestamp(job["at"], UTC).isoformat(),
            "percentage_done": share,
            "status_details": {
                "progress": share,
                "percentage_done": share,
                "message": "injected failure" if status == "failed" else "",
                "status_logs": [{"message": "failed", "detail": "injected failure"}] if status == "failed" else [],
            },
        }

    def _scores(self, _call: "_Call", job_id: str) -> Reply:
        return (200, {"tasks": {}}) if job_id in self.jobs else NOT_FOUND

    def _download(self, _call: "_Call", job_id: str) -> Reply:
        if job_id not in self.jobs:
            return NOT_FOUND
        ((task, wanted),) = self.jobs[job_id]["body"]["config"]["tasks"].items()
        namespace, name, path = wanted["dataset"]["files_url"].removeprefix("hf://datasets/").split("/", 2)
        rows = map(json.loads, self.files[f"{namespace}/{name}"][path].splitlines())
        outcomes = [{"item": row, "sample": {"response": row["response"]}, "metrics": {}} for row in rows]
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as opened:
            opened.writestr("results.json", json.dumps({task: outcomes}))
        return 200, archive.getvalue()


class _Call:
    """The body and the query of one request."""

    def __init__(self, body: bytes, query: Mapping[str, str]) -> None:
        self.body = body
        self.query = query

    @property
    def document(self) -> dict[str, Any]:
        """The body as JSON."""
        document: dict[str, Any] = json.loads(self.body)
        return document


def _is_ready(deployment: Mapping[str, Any]) -> bool:
    return bool(deployment["status_details"]["status"] == "ready")


def _git_name(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0%s" % (len(content), content), usedforsecurity=False).hexdigest()
