"""What the Records tab and the drawer read: the records of a reading under the URL's filters, worst first."""

from collections.abc import Mapping, Sequence

from app.ui import review_filters, review_queries, review_records, review_table
from app.ui.review_drawer import ReadingList
from app.ui.review_filters import FilterOptions
from app.ui.review_records import ReadRecord
from app.ui.review_table import Selection
from app.ui.review_view import CandidateView, ReviewView
from core.evaluation import Sample, SelectedRecord, count_pairs_of, select_records, sort_worst_first
from core.promotion import MustSee


def select(review: ReviewView, chosen: CandidateView, must_see: MustSee) -> Selection:
    """Return what the URL asks to read. Raises `InputError` for what is no reading or no option."""
    evidence, candidate = review.evidence, chosen.candidate
    samples, base = evidence.samples[candidate], evidence.find_base(candidate)
    facts = review_queries.load_facts(review.evaluation_set)
    labels = [sample.expected_label for sample in samples if sample.expected_label] if evidence.has_labels else []
    filters = FilterOptions.of(labels, facts, is_tool=any(s.tool_name_correct is not None for s in samples))
    found = sort_worst_first(
        select_records(samples, base, review_filters.read_filter(filters), facts=facts),
        critical_labels=[entry.label for entry in evidence.policy.critical_classes],
    )
    counts, options = count_pairs_of(found), review_records.list_options(has_base=base is not None)
    reading = review_filters.read_reading(options, review_records.first_reading(counts, has_base=base is not None))
    return Selection(
        reading=reading,
        options=options,
        filters=filters,
        records=review_records.choose_records(found, reading, must_see=must_see.positions),
        counts=counts,
        has_base=base is not None,
    )


def draw(review: ReviewView, chosen: CandidateView, selection: Selection, must_see: MustSee) -> None:
    """Draw the tab."""
    variants = index_variants(review, chosen)
    record_filter = review_filters.read_filter(selection.filters)

    def list_rows(records: Sequence[SelectedRecord]) -> Sequence[ReadRecord]:
        requests = review_queries.load_evaluation_set(review.evaluation_set).requests
        return review_records.list_records(records, requests, variants=variants, gold=review.evidence.gold)

    review_table.draw(
        review,
        chosen,
        selection,
        list_rows=list_rows,
        marks=review_queries.list_marks(review.run_id, chosen.candidate),
        must_see=must_see,
        export=lambda ending: review_queries.export_records(
            review.run_id, chosen.candidate, record_filter, selection.positions, ending
        ),
    )


def to_reading(review: ReviewView, chosen: CandidateView, selection: Selection, must_see: MustSee) -> ReadingList:
    """Return the selection as the drawer reads it."""
    return ReadingList(
        review=review,
        chosen=chosen,
        positions=selection.positions,
        variants=index_variants(review, chosen),
        must_see=must_see,
    )


def index_variants(review: ReviewView, chosen: CandidateView) -> Mapping[str, Mapping[str, Sample]]:
    """Return the samples of every variant of the student by record key, base first."""
    return {
        view.candidate.variant: {sample.key: sample for sample in review.evidence.samples[view.candidate]}
        for view in review.list_variants(chosen)
    }
