"""The policy file: defaults, refusals that name the rule, and a hash that only the rules change."""

import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from core.policy import CriticalClass, Policy, PolicyError, load_policy, parse_policy, rule_names
from tests.machine import REPOSITORY

EVERY_RULE = """
minimum_agreement = 0.95
gold_margin = 0.01
minimum_gold_records = 200
require_gold = true
minimum_records = 500
maximum_invalid_rate = 0.02
maximum_cost_ratio = 0.25
maximum_latency_ratio = 1.5
require_no_leakage = true
require_complete_samples = false
require_must_see = true
allow_override = true

[[critical_classes]]
label = "card_fraud"
minimum_recall = 0.98

[[critical_classes]]
label = "chargeback"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "policy.toml"


def test_without_a_file_the_defaults_hold() -> None:
    assert load_policy(None) == Policy()
    assert Policy().minimum_agreement == 0.9
    assert not Policy().allow_override


def test_every_rule_can_be_set(file: Path) -> None:
    file.write_text(EVERY_RULE)

    policy = load_policy(file)

    assert policy.minimum_agreement == 0.95
    assert policy.minimum_gold_records == 200
    assert policy.critical_classes == (
        CriticalClass(label="card_fraud", minimum_recall=0.98),
        CriticalClass(label="chargeback", minimum_recall=0.9),
    )
    written = re.findall(r"^(\w+) =", EVERY_RULE.split("[[", maxsplit=1)[0], re.MULTILINE)
    assert {*written, "critical_classes"} == set(Policy.model_fields)


@pytest.mark.parametrize(
    ("text", "field", "message"),
    [
        ("minimum_agrement = 0.9", "minimum_agrement", "did you mean 'minimum_agreement'?"),
        ("xyz = 1", "xyz", "docs/policy.md lists them all"),
        ('[[critical_classes]]\nlable = "a"', "critical_classes.lable", "did you mean 'critical_classes.label'?"),
        ("minimum_agreement = 90", "minimum_agreement", "minimum_agreement is 90: input should be less than 1"),
        ("gold_margin = 0", "gold_margin", "greater than 0"),
        ("maximum_cost_ratio = inf", "maximum_cost_ratio", "finite"),
        ("minimum_records = 0", "minimum_records", "greater than or equal to 1"),
        ("minimum_records = 1.5", "minimum_records", "valid integer"),
        ('allow_override = "yes"', "allow_override", "valid boolean"),
        ("minimum_records = true", "minimum_records", "valid integer"),
        ('critical_classes = ["card_fraud"]', "critical_classes", "critical_classes.0"),
        ('[[critical_classes]]\nlabel = ""', "critical_classes.label", "at least 1 character"),
        ('[[critical_classes]]\nlabel="a"\n[[critical_classes]]\nlabel="a"', None, "'a' stands there twice"),
    ],
)
def test_wrong_rule_is_refused_by_name(file: Path, text: str, field: str | None, message: str) -> None:
    file.write_text(text)

    with pytest.raises(PolicyError, match=re.escape(message)) as caught:
        load_policy(file)

    assert caught.value.field == field
    assert str(caught.value).startswith(str(file))


def test_all_wrong_rules_are_named_at_once(file: Path) -> None:
    file.write_text("minimum_agreement = 2\ngold_margin = 3")

    with pytest.raises(PolicyError, match=r"minimum_agreement is 2.*\n.*gold_margin is 3"):
        load_policy(file)


def test_broken_toml_names_the_line(file: Path) -> None:
    file.write_text("minimum_records = 100\nminimum_agreement == 0.9")

    with pytest.raises(PolicyError, match="not valid TOML") as caught:
        load_policy(file)

    assert caught.value.line == 2


def test_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="cannot be read: No such file"):
        load_policy(tmp_path / "nothing.toml")


def test_hash_follows_the_rules_and_nothing_else(file: Path) -> None:
    file.write_text(EVERY_RULE)
    policy = load_policy(file)
    body, first, second = EVERY_RULE.split("[[critical_classes]]")
    reordered = "\n".join(["# another order, and a comment", *reversed(body.strip().splitlines())])
    file.write_text(f"{reordered}\n[[critical_classes]]{second}\n[[critical_classes]]{first}")

    assert load_policy(file).hash == policy.hash
    assert policy.hash != Policy().hash
    assert len(policy.hash) == 64


@pytest.mark.parametrize("rule", Policy.model_fields)
def test_changing_any_rule_changes_the_hash(rule: str, file: Path) -> None:
    file.write_text(EVERY_RULE)
    changed = load_policy(file).public()
    default = Policy().public()

    if changed[rule] == default[rule]:
        changed[rule] = not default[rule]
    assert parse_policy({**default, rule: changed[rule]}).hash != Policy().hash


def test_hash_of_the_defaults_is_known() -> None:
    """Stored decisions name it: it changes only with a rule or a default, and then on purpose."""
    assert Policy().hash == "3113a542c9f04e87b1b7ee72fa0a8da151da3ec29725445e6a860a52ee95f97e"


def test_stored_rules_are_read_back_as_the_same_policy(file: Path) -> None:
    file.write_text(EVERY_RULE)
    policy = load_policy(file)

    again = parse_policy(policy.public())

    assert again == policy
    assert again.hash == policy.hash


def test_policy_cannot_be_changed_after_it_was_read() -> None:
    with pytest.raises(ValidationError):
        Policy().minimum_records = 3


def test_documentation_describes_every_rule_with_its_default() -> None:
    text = (REPOSITORY / "docs" / "policy.md").read_text()
    rows = dict(re.findall(r"^\| `([\w.]+)` \| ([^|]+) \|", text, re.MULTILINE))

    assert set(rows) == set(rule_names())
    for name, field in Policy.model_fields.items():
        default = "none" if field.default == () else str(field.default)
        assert rows[name].strip() == default.replace("True", "true").replace("False", "false"), name
