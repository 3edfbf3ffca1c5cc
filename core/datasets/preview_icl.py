"""The first in-context rows of a preview, as each student would be sent them.

Chosen from a few hundred training rows and for the rows shown only: a glance, not the whole search.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from core.datasets.build import BuiltDatasets
from core.datasets.icl import IclOptions, build_icl
from core.datasets.preview import ROWS_SHOWN, PreviewFile, show_rows
from core.datasets.similarity import Similarity

POOL_LOOKED_AT = 1000


@dataclass(frozen=True, kw_only=True)
class IclPreview:
    """The rows of each group of students whose contexts hold the same examples, and why others have none."""

    files: Mapping[tuple[str, ...], PreviewFile]
    unavailable: Mapping[str, str]

    def to_dict(self) -> dict[str, object]:
        """Return the preview as plain JSON values."""
        return {
            "files": [
                {"students": list(students), "path": file.path, "records": file.records, "rows": list(file.rows)}
                for students, file in self.files.items()
            ],
            "unavailable": dict(self.unavailable),
        }


def preview_icl(
    built: BuiltDatasets,
    context_lengths: Mapping[str, int],
    options: IclOptions,
    *,
    workload_id: str,
    similarity: Similarity | None = None,
) -> IclPreview:
    """Return the first in-context rows for students by their context lengths, from the build behind a preview.

    Raises what `build_icl` raises.
    """
    lines = built.evaluation.content.split(b"\n", ROWS_SHOWN)[:ROWS_SHOWN]
    records = built.evaluation_records[:ROWS_SHOWN]
    content = b"".join(line + b"\n" for line in lines[: len(records)])
    few = replace(
        built, evaluation=replace(built.evaluation, content=content, records=len(records)), evaluation_records=records
    )
    narrowed = replace(options, pool_limit=min(options.pool_limit, POOL_LOOKED_AT))
    made = build_icl(
        few, context_lengths, narrowed, workload_id=workload_id, name_suffix="preview", similarity=similarity
    )
    return IclPreview(
        files={each.students: show_rows(each.file, records=built.evaluation.records) for each in made.datasets},
        unavailable=made.unavailable,
    )
