"""Customization configurations: a target, and the ways in which it may be trained."""

from typing import Annotated

from fastapi import Depends

from core.backend.answers import check_body, read_json
from core.backend.customization_bodies import ConfigBody, ConfigChanges
from core.backend.customization_targets import resolve_target
from core.backend.entities import EntityCalls, EntityKind, name_near_miss
from core.backend.errors import InvalidError
from core.backend.lists import NAMED_SORTS, ListRules
from core.backend.state import Document, State

CONFIG = "customization config"
OF_THE_TARGET = frozenset({"target_enabled", "-target_enabled", "num_parameters", "-num_parameters"})
CONFIGS = EntityKind(
    title=CONFIG,
    path="/v1/customization/configs",
    id_prefix="customization-config",
    body=ConfigBody,
    rules=ListRules(
        sorts=NAMED_SORTS | OF_THE_TARGET | {"updated_at", "-updated_at"},
        readings={
            "target_base_model": lambda config: config["target"]["base_model"],
            "target_enabled": lambda config: config["target"]["enabled"],
            "target_name": lambda config: config["target"]["name"],
            "num_parameters": lambda config: config["target"]["num_parameters"],
            "training_type": lambda config: config["training_options"][0]["training_type"],
            "finetuning_type": lambda config: config["training_options"][0]["finetuning_type"],
        },
    ),
)


class ConfigCalls(EntityCalls):
    """The calls on configurations."""

    def complete(self, document: Document) -> Document:
        """Return the configuration with its target in full."""
        return document | {"target": resolve_target(self._state, document["target"], location=("body", "target"))}

    def update(self, namespace: str, name: str, raw: Annotated[object, Depends(read_json)]) -> Document:
        """Merge the body; `add_training_options` and `remove_training_options` change the list in place."""
        asked = check_body(ConfigChanges, raw)
        changes = dict(raw) if isinstance(raw, dict) else {}
        if asked.add_training_options or asked.remove_training_options:
            removed = [option.kind for option in asked.remove_training_options]
            offered = check_body(ConfigBody, self.get(namespace, name)).training_options
            options = [option for option in offered if option.kind not in removed] + asked.add_training_options
            changes["training_options"] = [option.model_dump(mode="json", exclude_none=True) for option in options]
        return super().update(namespace, name, changes) | {"message": None}


def resolve_config(state: State, config: str | Document) -> Document:
    """Return the configuration that a job names, or its inline one with the target in full.

    Raises `InvalidError` below `config`.
    """
    if isinstance(config, str):
        namespace, _, name = config.partition("/")
        known = state.find(CONFIG, namespace, name)
        if known is None:
            message = f"no {CONFIG} {config!r}{name_near_miss(state, CONFIG, config)}"
            raise InvalidError.at("body", "config", message=message)
        return known
    inline = check_body(ConfigBody, config, location=("body", "config")).model_dump(mode="json")
    return inline | {"target": resolve_target(state, inline["target"], location=("body", "config", "target"))}
