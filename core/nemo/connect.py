"""Which adapter speaks to the services of this installation. There is one contract so far: v1."""

from core.nemo.operations import ModelOps
from core.settings import Settings


def connect_model_ops(settings: Settings) -> ModelOps:
    """Return the operations on the services that `settings.nemo` names; close them when done.

    Resolves the references to secrets once and opens no connection. Raises `InputError` when a secret is missing or
    cannot be sent as a header.
    """
    # HTTP is loaded by those who connect, not by every page and command that reads a run.
    from core.nemo.v1 import connect_v1

    return connect_v1(settings)
