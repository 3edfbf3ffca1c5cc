"""One record of a review as HTML: every answer with its differences, what is known of it, the request. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape

from app.ui import conversation, numbers, rows, verdicts
from app.ui.diff import compare_words, render_diff
from app.ui.evaluation_set import EvaluationSet
from app.ui.review_records import OUTCOME_NAMES, answer_text
from app.ui.review_view import VARIANT_NAMES
from core.evaluation import Outcome, RecordFacts, Sample
from core.promotion import Mark, MarkKind
from core.scoring import ArgumentChange, CallChange, Change, calls_of_key, diff_tool_calls

MARK_NAMES = {
    MarkKind.ACCEPTABLE: "Acceptable difference",
    MarkKind.REGRESSION: "Real regression",
    MarkKind.TEACHER_WRONG: "Teacher was wrong",
    MarkKind.EXCLUDED: "Excluded",
    MarkKind.CLEARED: "Mark taken back",
}
CHANGE_SIGNS = {
    Change.SAME: ("", "same"),
    Change.CHANGED: ("\N{NOT EQUAL TO}", "differs"),
    Change.MISSING: (numbers.MINUS, "missing"),
    Change.EXTRA: ("+", "added"),
}


@dataclass(frozen=True, kw_only=True)
class RecordAnswers:
    """The answers to one record: by variant, with the gold a person confirmed, and which variant is judged."""

    position: int
    answers: Mapping[str, Sample]
    chosen: str
    gold: str | None

    @property
    def sample(self) -> Sample:
        """The judged variant's sample."""
        return self.answers[self.chosen]


def render_record(record: RecordAnswers, rows_of_set: EvaluationSet, facts: Sequence[RecordFacts]) -> str:
    """Return answers, facts and request of a record."""
    position = record.position
    request, response = rows_of_set.requests[position], rows_of_set.responses[position]
    turns = conversation.render_turns(conversation.read_turns(request))
    offered = conversation.read_offered_tools(request)
    tools = f'<p class="fw-note">Tools offered: {escape(", ".join(offered))}</p>' if offered else ""
    return (
        f"{render_answers(record, response)}"
        f"<h3>Request</h3>{turns}{tools}"
        f"<h3>About this record</h3>{render_facts(record.sample, facts[position] if position < len(facts) else None)}"
        f"<details><summary>Raw answers</summary>{_render_raw(response, record.sample)}</details>"
    )


def render_answers(record: RecordAnswers, response: Mapping[str, object]) -> str:
    """Return the teacher's answer, gold, and every variant's; the judged one with its differences marked."""
    teacher = record.sample.expected_text or conversation.describe_answer(response)
    blocks = [_render_block("Teacher", f'<div class="fw-text">{escape(teacher)}</div>')]
    if record.gold is not None:
        blocks.append(_render_block("Gold", f'<div class="fw-text">{escape(record.gold)}</div>'))
    blocks += [
        _render_variant(variant, sample, teacher, is_chosen=variant == record.chosen)
        for variant, sample in record.answers.items()
    ]
    return f'<div class="fw-answers">{"".join(blocks)}</div>'


def render_calls(changes: Sequence[CallChange]) -> str:
    """Return the difference between tool calls argument by argument, as a table for each call."""
    return "".join(_render_call(call) for call in changes)


def render_facts(sample: Sample, facts: RecordFacts | None) -> str:
    """Return what is known of a record and of the judged answer as a list of terms."""
    known = {
        "Tokens": f"{numbers.count(sample.prompt_tokens)} in, {numbers.count(sample.completion_tokens)} out",
        "Answer time": numbers.milliseconds(sample.latency_ms),
        "Finish reason": sample.finish_reason or numbers.UNKNOWN,
    }
    if sample.outcome not in (Outcome.MISSING, Outcome.ERROR) and sample.token_overlap is not None:
        known["Token overlap"] = f"{sample.token_overlap:.3f}"
    if sample.rouge_l is not None:
        known["ROUGE-L"] = f"{sample.rouge_l:.3f}"
    if sample.json_valid is not None:
        known["Valid JSON"] = "yes" if sample.json_valid else "no"
    if facts is not None:
        known["Client"] = facts.client_id or numbers.UNKNOWN
        known["Prompt"] = f"{facts.length}, {numbers.quantity(len(facts.conversation), 'character')}"
        if facts.timestamp_ms is not None:
            known["Logged"] = numbers.moment(numbers.instant(facts.timestamp_ms))
    known["Record key"] = sample.key
    body = "".join(f"<dt>{escape(term)}</dt><dd>{escape(value)}</dd>" for term, value in known.items())
    return f'<dl class="fw-facts">{body}</dl>'


def render_marks(marks: Sequence[Mark], *, now: datetime, must_see: str | None) -> str:
    """Return what was said about a record, newest first, under why it is on the must-see list, if it is."""
    reason = f"<p>{rows.badge(f'must see: {must_see}', 'blue')}</p>" if must_see else ""
    said = "".join(_render_mark(mark, is_newest=at == 0, now=now) for at, mark in enumerate(marks))
    return f'{reason}<ul class="fw-list fw-said">{said}</ul>' if said else reason


def _render_mark(mark: Mark, *, is_newest: bool, now: datetime) -> str:
    who, when = verdicts.name_person(mark.marked_by), numbers.age(mark.marked_at, now)
    gold = f": {escape(mark.gold)}" if mark.gold else ""
    note = f" “{escape(mark.note)}”" if mark.note else ""
    name = f"<strong>{MARK_NAMES[mark.kind]}</strong>" if is_newest else MARK_NAMES[mark.kind]
    return f"<li>{name}{gold}, {escape(who)}, {escape(when)}.{note}</li>"


def _render_variant(variant: str, sample: Sample, teacher: str, *, is_chosen: bool) -> str:
    name = VARIANT_NAMES.get(variant, variant).capitalize()
    text = answer_text(sample)
    body = f'<div class="fw-text">{escape(text)}</div>'
    if is_chosen:
        body = _render_difference(sample, teacher, text)
    error = f'<div class="fw-note">{escape(sample.error)}</div>' if sample.error else ""
    color = {Outcome.CORRECT: "green", Outcome.WRONG: "orange"}.get(sample.outcome, "red")
    badge = rows.badge(OUTCOME_NAMES[sample.outcome], color)  # type: ignore[arg-type]  # the three colours above
    return _render_block(f"{escape(name)} {badge}", body + error, is_chosen=is_chosen)


def _render_difference(sample: Sample, teacher: str, text: str) -> str:
    if sample.tool_name_correct is not None and sample.outcome is not Outcome.CORRECT:
        expected, answered = calls_of_key(sample.expected_key), calls_of_key(sample.answer_key)
        if expected is not None and answered is not None:
            return render_calls(diff_tool_calls(expected, answered))
    return render_diff(compare_words(teacher, text))


def _render_call(call: CallChange) -> str:
    _, word = CHANGE_SIGNS[call.change]
    title = f'<span class="fw-call-name">{escape(call.name)}</span> <span class="fw-note">{word}</span>'
    body = "".join(_render_argument(argument) for argument in call.arguments)
    if not body:
        return f'<div class="fw-call">{title}</div>'
    head = '<tr><th scope="col">Argument</th><th scope="col">Teacher</th><th scope="col">Candidate</th></tr>'
    return (
        f'<div class="fw-call">{title}<table class="fw-evidence fw-diff" aria-label="Arguments of {escape(call.name)}">'
        f"<thead>{head}</thead><tbody>{body}</tbody></table></div>"
    )


def _render_argument(argument: ArgumentChange) -> str:
    sign, word = CHANGE_SIGNS[argument.change]
    expected = _render_value(argument.expected, "del", argument.change)
    predicted = _render_value(argument.predicted, "ins", argument.change)
    return (
        f'<tr><th scope="row"><span class="fw-sign" aria-hidden="true">{sign}</span><span class="fw-spoken">{word}: '
        f"</span>{rows.breakable(argument.path or 'arguments')}</th><td>{expected}</td><td>{predicted}</td></tr>"
    )


def _render_value(value: str | None, tag: str, change: Change) -> str:
    if value is None:
        return '<span class="fw-quiet">none</span>'
    text = escape(value)
    return text if change is Change.SAME else f"<{tag}>{text}</{tag}>"


def _render_block(title: str, body: str, *, is_chosen: bool = False) -> str:
    marked = " fw-chosen" if is_chosen else ""
    return f'<div class="fw-answer{marked}"><div class="fw-role">{title}</div>{body}</div>'


def _render_raw(response: Mapping[str, object], sample: Sample) -> str:
    teacher = conversation.read_answers(response)
    own: dict[str, object] = {"role": "assistant", "content": sample.output_text}
    if sample.output_tool is not None:
        own["tool_calls"] = [{"function": sample.output_tool}]
    return f'<div class="fw-raw">{conversation.render_turns([*teacher, conversation.read_message(own)])}</div>'
