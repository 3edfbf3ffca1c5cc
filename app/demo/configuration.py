"""The demo's settings: its own file, its own folder, and nothing of what the person has configured but the ports."""

from collections.abc import Mapping
from pathlib import Path

from core.settings import Settings, load_settings

CONFIG_FILE = Path(__file__).with_name("flywheel.toml")
PORT_VARIABLES = ("FLYWHEEL_WEB__PORT", "FLYWHEEL_API__PORT", "FLYWHEEL_BACKEND__PORT")


def demo_settings(data: Path, *, environ: Mapping[str, str]) -> Settings:
    """Return the settings of a demo in `data`; of `environ` only the ports count.

    Raises `InputError` for a port that is none.
    """
    ports = {name: environ[name] for name in PORT_VARIABLES if environ.get(name)}
    return load_settings(data, config_file=CONFIG_FILE, environ=ports)


def demo_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment in which the demo's processes find the demo's file and no other setting."""
    kept = {name: value for name, value in environ.items() if not name.upper().startswith("FLYWHEEL_")}
    return {**kept, "FLYWHEEL_CONFIG": str(CONFIG_FILE)}
