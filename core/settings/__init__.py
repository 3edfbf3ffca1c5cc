"""Settings: `flywheel.toml` and `FLYWHEEL_*`, checked once, then frozen.

`models` owns every setting's name, default and range; `loading` finds and checks the values; `secrets` reads what a
reference points to. `docs/configuration.md` is the reader's version and tested against this package. Whether the
services named in the settings answer is the business of `flywheel config check`.
"""

from core.settings.loading import find_config_file, load_settings, setting_names
from core.settings.models import (
    ApiSettings,
    BackendSettings,
    DatabaseSettings,
    ElasticsearchSettings,
    IclSettings,
    LoggingSettings,
    LogSettings,
    NemoSettings,
    ProbeSettings,
    Settings,
    SplitSettings,
    Student,
    TeacherPrice,
    TrainingOverrides,
    TrainingSettings,
    Webhook,
    WebSettings,
    WorkerSettings,
)
from core.settings.secrets import resolve_secret

__all__ = [
    "ApiSettings",
    "BackendSettings",
    "DatabaseSettings",
    "ElasticsearchSettings",
    "IclSettings",
    "LogSettings",
    "LoggingSettings",
    "NemoSettings",
    "ProbeSettings",
    "Settings",
    "SplitSettings",
    "Student",
    "TeacherPrice",
    "TrainingOverrides",
    "TrainingSettings",
    "WebSettings",
    "Webhook",
    "WorkerSettings",
    "find_config_file",
    "load_settings",
    "resolve_secret",
    "setting_names",
]
