"""Feature rows, against scikit-learn's weighting of the same counts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from sklearn.feature_extraction.text import TfidfTransformer  # 1.9

from core.backend.students.features import RARE_FROM_RECORDS, TextFeatures, fit_features
from core.backend.students.ngrams import NgramPlan, count_ngrams

WORDS = NgramPlan(unit="word", shortest=1, longest=2, bits=12)
CHARACTERS = NgramPlan(unit="character", shortest=2, longest=4, bits=14)
TEXTS = ["profit rises", "profit falls again", "shares fall fall", "bank cuts rates", "nothing new today"]


def test_rows_of_one_plan_equal_scikit_learns_weighting() -> None:
    fitted = fit_features(TEXTS, [WORDS])

    counts = count_ngrams(TEXTS, WORDS)
    expected = TfidfTransformer(sublinear_tf=True).fit_transform(sparse.csr_matrix(counts))
    kept = fitted.features.blocks[0].buckets
    np.testing.assert_allclose(fitted.rows.toarray(), expected.toarray()[:, kept], rtol=1e-5)


@given(st.lists(st.text(alphabet="abcd ", min_size=1, max_size=20), min_size=1, max_size=5))
def test_fitted_rows_have_length_one_or_are_empty(texts: list[str]) -> None:
    rows = fit_features(texts, [CHARACTERS]).rows

    lengths = np.sqrt(np.asarray((rows * rows).sum(axis=1)))
    for length, text in zip(lengths, texts, strict=True):
        assert length == pytest.approx(1.0, abs=1e-5) or (length == 0 and not text.strip())


def test_the_fitted_texts_have_the_same_rows_when_they_come_again() -> None:
    fitted = fit_features(TEXTS, [WORDS, CHARACTERS])

    assert abs(fitted.features.rows_of(TEXTS) - fitted.rows).max() < 1e-6
    assert fitted.rows.shape == (len(TEXTS), fitted.features.width)


def test_unknown_words_leave_the_row_empty() -> None:
    features = fit_features(TEXTS, [WORDS]).features

    assert features.rows_of(["zebra"]).nnz == 0


def test_with_many_texts_what_occurs_once_is_dropped() -> None:
    texts = [f"common unique{'x' * number}" for number in range(RARE_FROM_RECORDS + 1)]
    single = NgramPlan(unit="word", shortest=1, longest=1, bits=20)

    assert fit_features(texts[:-1], [single]).features.width == RARE_FROM_RECORDS + 1
    assert fit_features(texts, [single]).features.width == 1


def test_features_come_back_from_their_arrays() -> None:
    features = fit_features(TEXTS, [WORDS, CHARACTERS]).features

    restored = TextFeatures.from_arrays([WORDS, CHARACTERS], features.to_arrays())

    assert abs(restored.rows_of(TEXTS) - features.rows_of(TEXTS)).sum() == 0
