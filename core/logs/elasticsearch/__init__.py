"""The log store on Elasticsearch: months of records that many processes and hosts share.

Owns the indices, their mapping and the translation of every promise of `core.logs.store.LogStore` into calls that need
nothing but the server itself: no script, no plugin, no task of the cluster's own.
"""

from core.logs.elasticsearch.blueprint import COPIES, AdoptionProgress, BlueprintLogStore, adopt, is_blueprint_index
from core.logs.elasticsearch.checking import Examination, Measure, examine, measure
from core.logs.elasticsearch.opening import open_elasticsearch
from core.logs.elasticsearch.server import Server, connect
from core.logs.elasticsearch.store import ElasticsearchLogStore

__all__ = [
    "COPIES",
    "AdoptionProgress",
    "BlueprintLogStore",
    "ElasticsearchLogStore",
    "Examination",
    "Measure",
    "Server",
    "adopt",
    "connect",
    "examine",
    "is_blueprint_index",
    "measure",
    "open_elasticsearch",
]
