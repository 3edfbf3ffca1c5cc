"""The version of the installed program, as recorded in manifests and worker rows."""

from importlib.metadata import version

VERSION = version("flywheel-review")
