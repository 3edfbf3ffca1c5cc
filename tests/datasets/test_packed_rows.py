"""Rows kept compressed come back as they went in."""

import random

from core.datasets.packed_rows import BLOCK_BYTES, PackedRows


def packed(rows: list[bytes]) -> PackedRows:
    kept = PackedRows()
    for row in rows:
        kept.append(row)
    return kept


ROWS = [f'{{"number": {number}, "text": "{"x" * (number % 700)}"}}'.encode() for number in range(3_000)]


def test_rows_come_back_in_order_over_many_blocks() -> None:
    assert sum(map(len, ROWS)) > 3 * BLOCK_BYTES

    kept = packed(ROWS)

    assert list(kept) == ROWS
    assert len(kept) == len(ROWS)


def test_picked_rows_are_those_at_the_positions() -> None:
    positions = sorted(random.Random(0).sample(range(len(ROWS)), 500))

    for chosen in (positions, [0], [len(ROWS) - 1], [0, len(ROWS) - 1], []):
        assert list(packed(ROWS).pick(chosen)) == [ROWS[position] for position in chosen]


def test_few_rows_in_no_block_yet_can_be_picked() -> None:
    assert list(packed([b"a", b"", b"c"]).pick([0, 1, 2])) == [b"a", b"", b"c"]
