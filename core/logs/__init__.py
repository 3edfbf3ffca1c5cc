"""What applications logged: records, the search box, the stores, and files going in and out.

Owns the record shape, its derived fields and hashes, and the promises every store keeps (`docs/log-store.md`). What a
workload's answers mean belongs to `core.scoring`, what becomes of records to `core.datasets`.
"""

from core.logs.canonical import canonical_hash, canonical_json, canonical_request_key
from core.logs.csv_text import write_csv
from core.logs.errors import LogStoreUnavailable, NotALogStore, QueryError, RecordRejected, UnreadableFile
from core.logs.exporting import ExportFormat, ExportPiece, count_exactly, export_lines, export_pieces
from core.logs.neighbours import Neighbours, find_neighbours
from core.logs.opening import open_log_store
from core.logs.query import parse_query
from core.logs.query_text import replace_times
from core.logs.records import parse_record
from core.logs.retention import (
    DeletionView,
    delete_records,
    get_deletion,
    list_deletions,
    request_deletion,
    run_waiting_deletion,
)
from core.logs.store import (
    COUNT_CAP,
    Deletion,
    DuplicateCount,
    IngestReport,
    LabelCount,
    LogFilter,
    LogImport,
    LogPage,
    LogRecord,
    LogStore,
    RecordCount,
    RejectedLine,
    StoreLimits,
    TimeCount,
    WorkloadSummary,
)
from core.logs.tables import DeletionStatus, ImportStatus
from core.logs.timestamps import timestamp_ms
from core.logs.transfer import ImportProgress, import_file
from core.logs.uploads import ImportView, get_import, list_imports, request_copy, request_import, run_waiting_import
from core.logs.views import SavedView, delete_view, list_views, save_view
from core.logs.workloads import find_workload, find_workloads

__all__ = [
    "COUNT_CAP",
    "Deletion",
    "DeletionStatus",
    "DeletionView",
    "DuplicateCount",
    "ExportFormat",
    "ExportPiece",
    "ImportProgress",
    "ImportStatus",
    "ImportView",
    "IngestReport",
    "LabelCount",
    "LogFilter",
    "LogImport",
    "LogPage",
    "LogRecord",
    "LogStore",
    "LogStoreUnavailable",
    "Neighbours",
    "NotALogStore",
    "QueryError",
    "RecordCount",
    "RecordRejected",
    "RejectedLine",
    "SavedView",
    "StoreLimits",
    "TimeCount",
    "UnreadableFile",
    "WorkloadSummary",
    "canonical_hash",
    "canonical_json",
    "canonical_request_key",
    "count_exactly",
    "delete_records",
    "delete_view",
    "export_lines",
    "export_pieces",
    "find_neighbours",
    "find_workload",
    "find_workloads",
    "get_deletion",
    "get_import",
    "import_file",
    "list_deletions",
    "list_imports",
    "list_views",
    "open_log_store",
    "parse_query",
    "parse_record",
    "replace_times",
    "request_copy",
    "request_deletion",
    "request_import",
    "run_waiting_deletion",
    "run_waiting_import",
    "save_view",
    "timestamp_ms",
    "write_csv",
]
