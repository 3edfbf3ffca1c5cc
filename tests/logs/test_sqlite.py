"""What is particular to the SQLite file: creation, refusals, failed batches, dictionaries, a bounded log."""

import multiprocessing
import random
import sqlite3
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.logs import Deletion, LogFilter, LogStoreUnavailable, NotALogStore
from core.logs.sqlite import SqliteLogStore, connections
from core.logs.sqlite.ordering import Position, newest_first, oldest_first
from tests.logs.samples import START_S, ingest, lines, put, record


def check(path: Path, *, deleted: int = 0) -> int:
    """Prove that tables, word index and roll-ups agree; return the number of records."""
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        connection.execute("INSERT INTO words(words) VALUES ('integrity-check')")
        counts = {
            connection.execute(f"SELECT {counted} FROM {table}").fetchone()[0]
            for counted, table in (
                ("count(*)", "record"),
                ("count(*)", "body"),
                ("count(DISTINCT content_hash)", "record"),
                ("coalesce(sum(records), 0)", "rollup"),
                ("coalesce(sum(records), 0)", "txn"),
                (f"coalesce(sum(stored), 0) - {deleted}", "batch"),
            )
        }
    connection.close()
    (records,) = counts
    return int(records)


def test_a_batch_that_fails_leaves_nothing_and_the_store_goes_on(tmp_path: Path) -> None:  # promise 30
    path = tmp_path / "logs.db"
    store = SqliteLogStore(path)
    put(store, record(1))
    with sqlite3.connect(path) as other:
        other.execute("CREATE TRIGGER fault BEFORE INSERT ON txn BEGIN SELECT raise(ABORT, 'fault'); END")
    with pytest.raises(sqlite3.IntegrityError):
        put(store, *[record(2 + n, client="new", user=f"fresh {n}") for n in range(5)])
    assert store.count(LogFilter()).value == 1
    assert store.count(LogFilter(text="fresh")).value == 0
    other.execute("DROP TRIGGER fault")
    other.close()
    put(store, record(50, client="new"))
    assert store.count(LogFilter(client_id="new")).value == 1
    store.close()
    assert check(path) == 2


def open_and_put(path: Path, number: int) -> int:
    store = SqliteLogStore(path)
    stored = put(store, record(START_S, user=str(number))).stored
    store.close()
    return stored


def test_processes_may_make_the_file_at_the_same_moment(tmp_path: Path) -> None:
    path = tmp_path / "new" / "logs.db"
    with ProcessPoolExecutor(3, mp_context=multiprocessing.get_context("spawn")) as pool:
        assert list(pool.map(open_and_put, [path] * 6, range(6))) == [1] * 6
    assert check(path) == 6


def test_tables_index_and_rollups_agree_after_bursts_and_duplicates(tmp_path: Path) -> None:
    store = SqliteLogStore(tmp_path / "logs.db")
    sent = [record(START_S * 1000 + n % 3, user=f"u{n}", workload=f"w{n % 4}") for n in range(2500)]
    put(store, *sent[:1700])
    put(store, *sent)
    store.close()
    assert check(tmp_path / "logs.db") == 2500


def test_a_foreign_file_is_refused_and_left_alone(tmp_path: Path) -> None:
    text, database = tmp_path / "text.db", tmp_path / "other.db"
    text.write_bytes(b"this is not a database, and long enough to be looked at" * 50)
    with sqlite3.connect(database) as other:
        other.execute("CREATE TABLE mine(x)")
    other.close()
    before = text.read_bytes(), database.read_bytes()
    with pytest.raises(NotALogStore, match="is not a log store"):
        SqliteLogStore(text)
    with pytest.raises(NotALogStore, match="is a database of something else") as caught:
        SqliteLogStore(database)
    assert caught.value.field == "logs.path"
    assert before[0] == text.read_bytes()
    assert before[1] == database.read_bytes()


def test_a_file_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    SqliteLogStore(tmp_path / "logs.db").close()
    with sqlite3.connect(tmp_path / "logs.db") as newer:
        newer.execute("PRAGMA user_version=99")
    newer.close()
    with pytest.raises(NotALogStore, match="has schema 99, this version reads 1; upgrade"):
        SqliteLogStore(tmp_path / "logs.db")


def test_a_folder_that_cannot_be_made_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(LogStoreUnavailable, match="cannot be made"):
        SqliteLogStore(tmp_path / "file" / "logs.db")
    with pytest.raises(LogStoreUnavailable, match="cannot be opened"):
        SqliteLogStore(tmp_path)


def test_a_lock_held_too_long_is_a_clear_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "BUSY_TIMEOUT_S", 0.05)
    store = SqliteLogStore(tmp_path / "logs.db")
    other = sqlite3.connect(tmp_path / "logs.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(LogStoreUnavailable, match="is locked") as caught:
        put(store, record())
    assert caught.value.service == "log store"
    other.execute("ROLLBACK")
    assert put(store, record()).stored == 1
    store.close()
    other.close()


def test_a_closed_store_says_so(tmp_path: Path) -> None:
    store = SqliteLogStore(tmp_path / "logs.db")
    store.close()
    with pytest.raises(LogStoreUnavailable, match="has been closed"):
        store.workloads()


def test_a_damaged_payload_is_a_clear_error(tmp_path: Path) -> None:
    store = SqliteLogStore(tmp_path / "logs.db")
    put(store, record())
    with sqlite3.connect(tmp_path / "logs.db") as other:
        other.execute("UPDATE body SET payload=x'00'")
    other.close()
    with pytest.raises(LogStoreUnavailable, match="is damaged"):
        store.browse(LogFilter())
    store.close()


def test_a_workload_unlike_the_first_gets_its_own_dictionary(tmp_path: Path) -> None:
    path = tmp_path / "logs.db"
    store = SqliteLogStore(path)
    first, second = (random.Random(seed).randbytes(1000).hex() for seed in (1, 2))  # prompts that share nothing
    put(store, *[record(n, system=first, user=f"first {n * 7919}") for n in range(300)])
    unlike = [record(n, workload="w", system=second, user=str(n * 104_729)) for n in range(600)]
    put(store, *unlike[:400])
    store.close()
    reopened = SqliteLogStore(path)
    put(reopened, *unlike)
    found = [one.body for one in reopened.stream(LogFilter(workload_id="w"))]
    assert sorted(map(repr, found)) == sorted(map(repr, unlike))
    reopened.close()
    with sqlite3.connect(path) as connection:
        (dictionaries,) = connection.execute("SELECT count(*) FROM dictionary").fetchone()
        used = connection.execute("SELECT DISTINCT dictionary_id FROM body ORDER BY 1").fetchall()
        (largest,) = connection.execute("SELECT max(length(payload)) FROM body").fetchone()
    connection.close()
    assert len(used) == dictionaries == 2  # the second import found what the first had trained
    assert largest < 250


def test_records_of_the_first_small_import_stay_readable_once_a_dictionary_exists(tmp_path: Path) -> None:
    store = SqliteLogStore(tmp_path / "logs.db")
    put(store, record(1, user="small"))
    put(store, *[record(10 + n, user=f"many {n}") for n in range(500)])
    assert len(list(store.stream(LogFilter()))) == 501
    store.close()


def test_the_write_ahead_log_stays_bounded_while_readers_come_and_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # promise 37, in small
    monkeypatch.setattr(connections, "WAL_LIMIT_BYTES", 2**20)
    path = tmp_path / "logs.db"
    store, reader = SqliteLogStore(path), SqliteLogStore(path)
    largest = 0
    many = lines(*[record(START_S + n, user=f"text {n} " + str(n**5)) for n in range(12_000)])
    for _ in store.ingest(many):
        reader.browse(LogFilter(), limit=5)
        largest = max(largest, Path(f"{path}-wal").stat().st_size)
    assert path.stat().st_size > 3 * 2**20
    assert largest < 4 * 2**20
    store.close()
    reader.close()


def scan_of(rows: list[Position], *, descending: bool) -> Callable[[int | None, int], list[Position]]:
    ordered = sorted(rows, key=lambda row: row.id, reverse=descending)

    def scan(after: int | None, count: int) -> list[Position]:
        left = [row for row in ordered if after is None or (row.id < after if descending else row.id > after)]
        return left[:count]

    return scan


# A record of time t may have any id from t on, `spill` milliseconds far.
@given(
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 3), st.binary(min_size=1, max_size=2)), max_size=40),
    st.data(),
)
def test_order_is_restored_from_ids_whatever_spilled(placed: list[tuple[int, int, bytes]], data: st.DataObject) -> None:
    by_id = {t + spill: Position(t, name, t + spill) for t, spill, name in placed}
    rows = data.draw(st.permutations(list(by_id.values())))
    spill_ms = max((row.id - row.timestamp_ms for row in rows), default=0)
    count = data.draw(st.integers(1, 5))
    assert list(oldest_first(scan_of(rows, descending=False), spill_ms=spill_ms, rows=count)) == sorted(rows)
    assert list(newest_first(scan_of(rows, descending=True), rows=count)) == sorted(rows, reverse=True)


def test_every_import_is_kept_with_its_source_and_counts(tmp_path: Path) -> None:
    moments = iter(range(1000, 2000))
    store = SqliteLogStore(tmp_path / "logs.db", now_ms=lambda: next(moments))
    good = lines(record(1), record(2))
    list(store.ingest([*good, (3, b"{}"), (4, good[0][1])], source="a.jsonl"))
    ingest(store, good)
    store.close()
    with sqlite3.connect(tmp_path / "logs.db") as connection:
        rows = connection.execute(
            "SELECT source, stored, duplicate, rejected, ended_ms > started_ms FROM batch"
        ).fetchall()
    connection.close()
    assert rows == [("a.jsonl", 2, 1, 1, 1), ("", 0, 2, 0, 1)]


def test_deleting_gives_the_space_back_and_leaves_everything_in_agreement(tmp_path: Path) -> None:  # 26
    path = tmp_path / "logs.db"
    store = SqliteLogStore(path)
    sent = [record(START_S + n // 3, user=f"text {n} {n**7}", client=f"c{n % 4}") for n in range(6000)]
    put(store, *sent)
    store.close()
    full = path.stat().st_size
    store = SqliteLogStore(path)
    list(store.delete(Deletion(client_id="c1")))
    list(store.delete(Deletion(client_id="c2")))
    assert put(store, *sent[:40]).stored == 20
    list(store.delete(Deletion(client_id="c3")))
    store.close()
    assert check(path, deleted=4500) == 1520
    assert path.stat().st_size < 0.45 * full
    assert not Path(f"{path}-wal").exists()
