"""The product without its surface: logs, datasets, services, runs, evaluation and promotion."""

from importlib.metadata import version

VERSION = version("flywheel-review")
"""The installed program's version, as recorded in manifests and worker rows."""
