"""The must-see list: everything wrong in critical classes, and a draw of the rest that nobody chooses."""

from core.evaluation import Outcome, OutcomePair
from core.policy import CriticalClass, Policy
from core.promotion import MustSeeReason, list_must_see, measure_progress
from tests.evaluation.made import paired, sample, samples

SEED = "5eed" * 16
CRITICAL = Policy(critical_classes=(CriticalClass(label="Card_Fraud"),))


def test_every_wrong_record_of_a_critical_class_is_on_it() -> None:
    made = [sample(position, Outcome.WRONG if position % 3 == 0 else Outcome.CORRECT) for position in range(400)]
    base = [sample(position, Outcome.WRONG if position % 2 else Outcome.CORRECT) for position in range(400)]
    records = list_must_see(made, base, policy=CRITICAL, seed=SEED)
    wanted = {each.position for each in made if each.outcome is Outcome.WRONG and each.expected_label == "card_fraud"}
    assert {record.position for record in records if record.reason is MustSeeReason.CRITICAL} == wanted
    assert len(wanted) > 30


def test_the_rest_is_drawn_by_what_became_of_the_records() -> None:
    base, made = (result.samples for result in paired(100, 100, 100, 100))
    records = list_must_see(made, base, policy=Policy(), seed=SEED)
    drawn = [record.pair for record in records]
    assert {pair: drawn.count(pair) for pair in OutcomePair} == {
        OutcomePair.NEWLY_WRONG: 10,
        OutcomePair.NEWLY_RIGHT: 3,
        OutcomePair.BOTH_WRONG: 4,
        OutcomePair.BOTH_RIGHT: 3,
    }
    positions = [record.position for record in records]
    assert positions == sorted(set(positions))


def test_the_draw_follows_from_the_seed_alone() -> None:
    base, made = (result.samples for result in paired(100, 100, 100, 100))
    first = list_must_see(made, base, policy=Policy(), seed=SEED)
    assert list_must_see(made, base, policy=Policy(), seed=SEED) == first
    assert list_must_see(made, base, policy=Policy(), seed="0dd" * 20) != first


def test_a_small_set_is_seen_whole_where_it_has_fewer_than_the_draw() -> None:
    records = list_must_see(samples(2, 5), None, policy=Policy(), seed=SEED)
    assert [record.pair for record in records].count(OutcomePair.NEWLY_WRONG) == 5
    assert len(records) == 7


def test_progress_counts_records_of_the_list_only() -> None:
    records = list_must_see(samples(2, 5), None, policy=Policy(), seed=SEED)
    progress = measure_progress(records, {0, 1, 900}, policy=Policy())
    assert (progress.seen, progress.total, progress.is_complete, progress.is_required) == (2, 7, False, False)
