"""An index that NVIDIA's data flywheel blueprint filled, read as it is and copied into months of our own.

Its mapping indexes a time, a client and a workload and nothing of requests and answers; its times are mostly seconds
that the server took for milliseconds. Nothing here writes to it.
"""

from core.logs.elasticsearch.blueprint.adopting import AdoptionProgress, adopt
from core.logs.elasticsearch.blueprint.recognising import is_blueprint_index
from core.logs.elasticsearch.blueprint.store import COPIES, BlueprintLogStore

__all__ = ["COPIES", "AdoptionProgress", "BlueprintLogStore", "adopt", "is_blueprint_index"]
