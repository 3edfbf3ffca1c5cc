"""Dataset names: the blueprint's where possible, always ones the data store takes."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.datasets.names import dataset_name


def test_plain_names_are_the_blueprints() -> None:
    assert dataset_name("evaluation", "news_topic", suffix="1735689600") == "flywheel-eval-news_topic-1735689600"
    assert dataset_name("training", "news_topic", suffix="1735689600") == "flywheel-train-news_topic-1735689600"


@pytest.mark.parametrize(
    ("workload", "expected"),
    [
        ("support / tier 1", "flywheel-eval-support-tier-1-r"),
        ("a--b..c", "flywheel-eval-a-b.c-r"),
        ("-.a.-", "flywheel-eval-a-r"),
        ("größe", "flywheel-eval-gr-e-r"),
        ("路由", "flywheel-eval-r"),
        ("x" * 200, "flywheel-eval-" + "x" * 80 + "-r"),
        ("-" * 200, "flywheel-eval-r"),
    ],
)
def test_other_characters_are_replaced(workload: str, expected: str) -> None:
    assert dataset_name("evaluation", workload, suffix="r") == expected


def test_suffix_too_long_for_a_name_is_cut_at_a_letter() -> None:
    suffix = "s" * 81 + "-" + "t" * 40  # the 96th character of the name would be the dash

    assert dataset_name("evaluation", "w", suffix=suffix) == "flywheel-eval-" + "s" * 81


@given(st.text(), st.text(max_size=120))
def test_any_workload_and_suffix_give_a_valid_repository_name(workload: str, suffix: str) -> None:
    # huggingface_hub 0.36, validate_repo_id: these rules, checked here without the package.
    name = dataset_name("training", workload, suffix=suffix)

    assert re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,94}[A-Za-z0-9])?", name)
    assert "--" not in name
    assert ".." not in name
