"""What goes over the wire and what comes back, without any HTTP library.

Owns request bodies, replies, and which of our errors a reply means. The services answer errors in five shapes
(`detail` text, `detail` list, `error`, `message`, plain text or HTML from an ingress); here they become one sentence.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlencode

from core.nemo.errors import RequestRefused, ResourceExists, ResourceMissing, ServiceError, ServiceUnavailable

RETRY_AFTER_CAP_S = 120
RETRY_LATER = frozenset({408, 425, 429})
EXPLANATION_CHARACTERS = 400


@dataclass(frozen=True, kw_only=True)
class Body:
    """The body of a request."""

    content: bytes
    media_type: str


@dataclass(frozen=True, kw_only=True)
class Reply:
    """An answer that arrived whole. `request` is `METHOD /path`; header names are in lower case."""

    request: str
    service: str
    status: int
    headers: Mapping[str, str]
    body: bytes

    def document(self) -> Mapping[str, object]:
        """Return the JSON object of the answer. Raises `RequestRefused` when there is none."""
        document = self.json()
        if not isinstance(document, dict):
            raise RequestRefused(self._broken("is not a JSON object"), status=self.status)
        return document

    def json(self) -> object:
        """Return the JSON value of the answer; NaN is read as the float. Raises `RequestRefused` for anything else."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError) as error:
            raise RequestRefused(self._broken("is not JSON"), status=self.status) from error

    def explanation(self) -> str:
        """Return the service's own words about an error in one line, or an empty string."""
        try:
            document = json.loads(self.body)
        except (ValueError, RecursionError):
            return _plain(self.body.decode("utf-8", errors="replace"))
        return _plain(_explain(document))

    def _broken(self, problem: str) -> str:
        return (
            f"the answer of the {self.service} to {self.request} {problem} (status {self.status});"
            " check that the address in the settings is the service's own"
        )


def json_body(document: Mapping[str, object], *, media_type: str = "application/json") -> Body:
    """Return a JSON body. Raises `RequestRefused` for a number that JSON cannot hold (NaN, infinity)."""
    try:
        text = json.dumps(document, allow_nan=False)
    except ValueError as error:
        raise RequestRefused("a number in the request is not finite, so it cannot be sent; correct it") from error
    return Body(content=text.encode(), media_type=media_type)


def json_lines_body(documents: Iterable[Mapping[str, object]]) -> Body:
    """Return newline-delimited JSON, each line ended."""
    content = b"".join(json_body(document).content + b"\n" for document in documents)
    return Body(content=content, media_type="application/x-ndjson")


def form_body(fields: Mapping[str, str]) -> Body:
    """Return an HTML form's body."""
    return Body(content=urlencode(fields).encode(), media_type="application/x-www-form-urlencoded")


def error_for(reply: Reply, explanation: str, *, setting: str, now: datetime) -> ServiceError:
    """Return the error that a reply outside 200-299 means; `explanation` is what may be shown of the reply."""
    status = reply.status
    says = f": {explanation}" if explanation else ""
    if reply.request.startswith("POST ") and _is_taken(status, explanation):
        return ResourceExists(f"the {reply.service} already has what {reply.request} creates{says}", status=status)
    if status >= 500 or status in RETRY_LATER:
        return ServiceUnavailable(
            f"the {reply.service} answered {reply.request} with status {status}{says}",
            service=reply.service,
            ambiguous=status != 429,
            retry_after_s=read_retry_after(reply.headers, now=now),
            status=status,
        )
    if status == 404:
        return ResourceMissing(f"{reply.request} found nothing on the {reply.service}{says}", status=status)
    return RequestRefused(
        f"the {reply.service} refused {reply.request} with status {status}{says}{_advice(status, setting)}",
        status=status,
    )


def read_retry_after(headers: Mapping[str, str], *, now: datetime) -> float | None:
    """Return the seconds that `Retry-After` asks for (RFC 9110, 10.2.3), 0 to 120; None when it asks for nothing."""
    wish = headers.get("retry-after", "").strip()
    try:
        wait_s = float(wish) if re.fullmatch(r"[\d.]+", wish) else (parsedate_to_datetime(wish) - now).total_seconds()
    except (ValueError, TypeError, IndexError):
        return None
    return min(max(wait_s, 0.0), RETRY_AFTER_CAP_S)


def _is_taken(status: int, explanation: str) -> bool:
    # Some 25.x builds answer 400 or 500 with "... already exists" where others answer 409.
    return status == 409 or (status in {400, 422, 500} and "already exist" in explanation.lower())


def _advice(status: int, setting: str) -> str:
    if status in {401, 403}:
        return f"; check {setting}_headers"
    if 300 <= status < 400:
        return f" (a redirect, which is not followed); set {setting}_url to the final address"
    if status == 413:
        return "; the body is larger than the ingress in front of the service allows"
    return ""


def _explain(document: object) -> str:
    if isinstance(document, str):
        return document
    if isinstance(document, list):
        return "; ".join(_explain_entry(entry) for entry in document)
    if isinstance(document, dict):
        for key in ("detail", "error", "message"):
            if document.get(key):
                return _explain(document[key])
    return ""


def _explain_entry(entry: object) -> str:
    """One entry of a validation error: `hyperparameters.epochs: Field required`."""
    if not isinstance(entry, dict):
        return str(entry)
    place = entry.get("loc")
    names = ".".join(str(part) for part in place if part != "body") if isinstance(place, list) else ""
    return f"{names}: {entry.get('msg', '')}" if names else str(entry.get("msg", ""))


def _plain(text: str) -> str:
    without_tags = re.sub(r"<(style|script)\b.*?</\1>|<[^>]*>", " ", text, flags=re.DOTALL | re.IGNORECASE)
    line = " ".join(without_tags.split())
    return line if len(line) <= EXPLANATION_CHARACTERS else line[: EXPLANATION_CHARACTERS - 1] + "…"
