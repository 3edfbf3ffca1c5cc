"""What clients get about results, decisions, imports and health: ours alone, the blueprint has none of it."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from core.evaluation import OutcomePair
from core.promotion import Verdict


class SampleReply(BaseModel):
    """One record's outcome for one candidate; `position` is its place in the evaluation set, from 0."""

    candidate: str
    student: str
    variant: str
    position: int
    key: str = Field(description="SHA-256 of the canonical request")
    outcome: str
    pair: OutcomePair | None = Field(description="from the base to this candidate; without a base, from the teacher")
    gold_key: str | None = Field(description="the answer key that a person confirmed")
    output_text: str | None
    output_tool: dict[str, Any] | None
    answer_text: str | None
    answer_key: str | None
    answer_label: str | None
    expected_text: str | None
    expected_key: str | None
    expected_label: str | None
    token_overlap: float | None
    rouge_l: float | None
    json_valid: bool | None
    tool_name_correct: bool | None
    tool_arguments_correct: bool | None
    service_scores: dict[str, float]
    finish_reason: str | None
    prompt_tokens: int | None
    completion_tokens: int | None
    latency_ms: float | None
    error: str | None


class SampleList(BaseModel):
    """Samples by candidate and position; `next_cursor` is null on the last page."""

    samples: list[SampleReply]
    next_cursor: str | None


class EventReply(BaseModel):
    """One change of a run; `seq` counts from 1 without gaps."""

    seq: int
    type: str
    step: str | None
    data: dict[str, Any]
    at: datetime


class EventList(BaseModel):
    """Events in order; ask for more with `after` = the last `seq`."""

    events: list[EventReply]


class DecisionReply(BaseModel):
    """One act of one person on one candidate, never edited; `is_current` until a later act supersedes it."""

    id: str
    job_id: str
    candidate: str
    sequence: int
    supersedes: str | None
    verdict: Verdict
    reason: str
    decided_by: str
    decided_at: datetime
    results_hash: str
    policy_hash: str
    basis: dict[str, str] = Field(description="the parts of the results hash")
    gates: list[dict[str, Any]] = Field(description="every gate as it stood at that moment")
    sentence: str = Field(description="the verdict as it read at that moment")
    must_see: dict[str, Any] = Field(description="how much of the must-see list had been opened")
    override_reason: str | None = Field(description="why failing gates were overridden; null where none was")
    is_current: bool


class DecisionList(BaseModel):
    """Decisions, newest first."""

    decisions: list[DecisionReply]


class RejectedLineReply(BaseModel):
    """A line that was not stored, counted from 1, and why."""

    line: int
    reason: str


class ImportReply(BaseModel):
    """What became of the lines of an import; `rejected` counts them all, `lines` names the first 1,000."""

    stored: int
    duplicate: int
    rejected: int
    lines: list[RejectedLineReply]


class ServiceReply(BaseModel):
    """A service outside as a worker last saw it."""

    service: str
    ok: bool
    detail: str
    since: datetime
    checked_at: datetime


class HealthReply(BaseModel):
    """Whether this process can do its work, and what it knows of the others."""

    status: Literal["ok", "failing"]
    process: Literal["api"] = "api"
    database: str
    workers: int
    services: list[ServiceReply]
