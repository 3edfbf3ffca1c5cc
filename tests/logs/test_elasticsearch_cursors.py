"""Places in the order of records: cursors that are checked, ranks that keep the order of hashes."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InputError
from core.logs.elasticsearch.cursors import read_cursor, write_cursor
from core.logs.elasticsearch.documents import rank

HASHES = st.binary(min_size=32, max_size=32).map(bytes.hex)


@given(HASHES, HASHES)
def test_ranks_are_ordered_as_their_hashes_and_fit_the_server(one: str, other: str) -> None:
    assert -(2**63) <= rank(one) < 2**63
    assert (rank(one) < rank(other)) is (one[:16] < other[:16])


@given(st.integers(0, 2**42), HASHES)
def test_a_cursor_leads_back_to_its_place(timestamp_ms: int, content_hash: str) -> None:
    assert read_cursor(write_cursor(timestamp_ms, content_hash)) == (timestamp_ms, content_hash)


@pytest.mark.parametrize(
    "place", [b"", b"[1]", b'[1, "abc"]', b'[1, "' + b"z" * 64 + b'"]', b'["1", "' + b"0" * 64 + b'"]']
)
def test_what_is_no_place_is_refused(place: bytes) -> None:
    with pytest.raises(InputError, match="start at the first page"):
        read_cursor(base64.urlsafe_b64encode(place).decode())
