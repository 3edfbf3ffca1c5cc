"""One real Elasticsearch node on loopback, for tests and for trying things out (`make elasticsearch`)."""

from tests.elasticsearch_node.node import Node, build, missing_tools

__all__ = ["Node", "build", "missing_tools"]
