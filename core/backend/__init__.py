"""The local backend: the services a run needs, on this machine, without a GPU.

Speaks the NeMo v1 HTTP contract: data store, entity store, customizer, evaluator, deployments, and the NIM proxy under
`/nim`. Really trains and really answers, through `core.backend.students`. Owns its folder and nothing else; of the rest
of `core` it uses scoring and errors. `docs/local-backend.md` lists its calls.
"""

from core.backend.server import serve_backend
from core.backend.service import create_backend

__all__ = ["create_backend", "serve_backend"]
