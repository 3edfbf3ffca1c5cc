"""The plan of a run and the marks on what it creates outside."""

import re

from hypothesis import given
from hypothesis import strategies as st

from core.runs import StepKind, Variant
from core.runs.plan import arrange_stages, plan_steps, resource_key
from core.runs.tables import StepRow


def test_steps_of_a_student_stand_together_and_end_with_its_removal() -> None:
    keys = [step.key for step in plan_steps(["a/x", "a/y"], [Variant.BASE, Variant.CUSTOMIZED])]
    assert keys == [
        "prepare",
        "upload",
        "deploy:a/x",
        "evaluate:a/x:base",
        "probe:a/x:base",
        "customize:a/x",
        "evaluate:a/x:customized",
        "probe:a/x:customized",
        "undeploy:a/x",
        "deploy:a/y",
        "evaluate:a/y:base",
        "probe:a/y:base",
        "customize:a/y",
        "evaluate:a/y:customized",
        "probe:a/y:customized",
        "undeploy:a/y",
    ]


def test_without_a_probe_no_answer_is_timed() -> None:
    steps = plan_steps(["a/x"], list(Variant), is_probed=False)
    assert StepKind.PROBE not in [step.kind for step in steps]
    assert [step.variant for step in steps if step.kind is StepKind.EVALUATE] == list(Variant)


def test_a_student_that_cannot_be_customized_is_only_evaluated_as_it_is() -> None:
    steps = plan_steps(["a/x"], [Variant.BASE, Variant.CUSTOMIZED], not_customizable=frozenset({"a/x"}))
    assert StepKind.CUSTOMIZE not in [step.kind for step in steps]
    assert [step.variant for step in steps if step.kind is StepKind.EVALUATE] == [Variant.BASE]


@given(st.text(min_size=1, max_size=200), st.integers(0, 9))
def test_every_mark_is_a_dns_label_and_repeatable(step_key: str, retry: int) -> None:
    name = resource_key("260301-120000-k3f9q", step_key, retry)
    assert re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", name)
    assert name == resource_key("260301-120000-k3f9q", step_key, retry)


def test_marks_differ_between_runs_steps_and_retries() -> None:
    names = {resource_key(run, step, retry) for run in ("r1", "r2") for step in ("a", "b") for retry in (0, 1)}
    assert len(names) == 8


def arranged(variants: list[Variant], *, overlap: bool) -> list[list[list[str]]]:
    rows = [
        StepRow(
            run_id="r",
            key=step.key,
            position=position,
            kind=step.kind,
            student=step.student,
            variant=step.variant,
            idempotency_key=step.key,
        )
        for position, step in enumerate(plan_steps(["a/x"], variants))
        if step.student
    ]
    stages = arrange_stages(rows, overlap=overlap)
    assert sorted(step.key for lanes in stages for lane in lanes for step in lane) == sorted(row.key for row in rows)
    return [[[step.key.replace(":a/x", "") for step in lane] for lane in lanes] for lanes in stages]


def test_evaluations_without_training_stand_beside_the_customization_and_probes_after_it() -> None:
    assert arranged(list(Variant), overlap=True) == [
        [["deploy"]],
        [["evaluate:base", "evaluate:icl"], ["customize"]],
        [["probe:base"]],
        [["probe:icl"]],
        [["evaluate:customized"]],
        [["probe:customized"]],
        [["undeploy"]],
    ]


def test_without_overlap_or_without_training_steps_follow_each_other() -> None:
    for variants, overlap in (
        (list(Variant), False),
        ([Variant.BASE, Variant.ICL], True),
        ([Variant.CUSTOMIZED], True),
    ):
        assert all(len(lanes) == 1 and len(lanes[0]) == 1 for lanes in arranged(variants, overlap=overlap))
