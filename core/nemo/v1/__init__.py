"""NeMo Microservices v1 (platform 25.7 to 25.12) over HTTP; the local backend speaks the same contract.

One module per service: `datasets`, `deployments`, `customizations`, `evaluations`, `results`, `health`. `adapter` joins
them into `ModelOps`; `fields` reads answers whose fields may be missing, null, renamed or expanded.
"""

from core.nemo.v1.adapter import NemoV1, connect_v1

__all__ = ["NemoV1", "connect_v1"]
