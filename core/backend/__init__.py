"""The local backend: the services a run needs, on this machine, without a GPU.

Speaks the NeMo v1 HTTP contract: data store, entity store, customizer, evaluator, deployments, and the NIM proxy under
`/nim`. Really trains and really answers, through `core.backend.students`. Owns its folder and nothing else; of the rest
of `core` it uses scoring and errors. `docs/local-backend.md` lists its calls.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.backend.server import serve_backend
    from core.backend.service import create_backend

__all__ = ["create_backend", "serve_backend"]


def __getattr__(name: str) -> object:
    # Late, because job processes come through here too and must not pay for the web framework: half a second each.
    if name == "serve_backend":
        from core.backend.server import serve_backend

        return serve_backend
    if name == "create_backend":
        from core.backend.service import create_backend

        return create_backend
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
