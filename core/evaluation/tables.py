"""The tables of evaluation results: one row per candidate of a run, one per record and candidate."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index
from sqlmodel import Field, SQLModel


class EvaluationRow(SQLModel, table=True):
    """The measured result of one candidate, written once when its evaluation ended.

    `service_scores` are the service's own numbers under their own names; `metrics` are computed here from the samples,
    `estimates` are their bootstrap intervals with the seed, `probe` are answer times measured by a probe.
    """

    __tablename__ = "evaluation"

    run_id: str = Field(primary_key=True, foreign_key="run.id")
    student: str = Field(primary_key=True)
    variant: str = Field(primary_key=True)
    model: str
    remote_id: str
    evaluation_set: str = Field(max_length=64)
    scorer_version: str
    answer_format: dict[str, Any] = Field(sa_type=JSON)
    prompt_template: str | None = None
    decoding: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    service_scores: dict[str, Any] = Field(sa_type=JSON)
    metrics: dict[str, Any] = Field(sa_type=JSON)
    estimates: dict[str, Any] | None = Field(default=None, sa_type=JSON, nullable=True)
    probe: dict[str, Any] | None = Field(default=None, sa_type=JSON, nullable=True)
    samples_hash: str = Field(max_length=64)
    finished_at: datetime


class SampleRow(SQLModel, table=True):
    """One record's outcome for one candidate; `position` is the record's place in the evaluation set."""

    __tablename__ = "sample"
    __table_args__ = (Index("sample_outcome", "run_id", "student", "variant", "outcome"),)

    run_id: str = Field(primary_key=True, foreign_key="run.id")
    student: str = Field(primary_key=True)
    variant: str = Field(primary_key=True)
    position: int = Field(primary_key=True)
    key: str = Field(max_length=64)
    outcome: str
    output_text: str | None = None
    output_tool: dict[str, Any] | None = Field(default=None, sa_type=JSON, nullable=True)
    answer_text: str | None = None
    answer_key: str | None = None
    answer_label: str | None = None
    expected_text: str | None = None
    expected_key: str | None = None
    expected_label: str | None = None
    token_overlap: float | None = None
    rouge_l: float | None = None
    json_valid: bool | None = None
    tool_name_correct: bool | None = None
    tool_arguments_correct: bool | None = None
    service_scores: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    finish_reason: str | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    latency_ms: float | None = None
    error: str | None = None
