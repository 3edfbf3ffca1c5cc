"""Run a node until Ctrl-C: `python -m tests.elasticsearch_node [PORT]`; its data go with it."""

import sys
import tempfile
import time
from pathlib import Path

from tests.elasticsearch_node.node import Node, build


def main() -> None:
    """Build and run."""
    build()
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 9200
    with tempfile.TemporaryDirectory() as folder:
        node = Node(Path(folder), port=port)
        node.start()
        sys.stdout.write(
            f"Elasticsearch answers at {node.url}; FLYWHEEL_LOGS__STORE=elasticsearch"
            f" FLYWHEEL_LOGS__ELASTICSEARCH__URL={node.url} uses it. Ctrl-C ends it.\n"
        )
        sys.stdout.flush()
        try:
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            node.stop()


if __name__ == "__main__":
    main()
