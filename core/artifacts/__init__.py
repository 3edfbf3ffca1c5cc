"""Content-addressed bytes: datasets, evaluation sets and manifests, stored under their SHA-256.

The default keeps them in a table beside the state, so that web and worker may run on different hosts.
"""

from core.artifacts.store import delete_artifact, open_artifact, put_artifact

__all__ = ["delete_artifact", "open_artifact", "put_artifact"]
