"""Strict checks of request bodies with the types of the official SDK (contract section 4).

As they are, the types let misspelt keys pass and look at lists lazily. Here every TypedDict is rebuilt so that unknown
keys are errors, lists are checked, and names are those on the wire.
"""

import collections.abc
import types
import typing
from collections.abc import Mapping
from functools import cache
from typing import Any

import typing_extensions
from nemo_microservices._utils import PropertyInfo
from pydantic import BaseModel, ConfigDict, Field, create_model


def check_body(request_type: Any, body: Mapping[str, object]) -> None:
    """Raise pydantic's `ValidationError` unless the body is exactly what the SDK's request type allows."""
    _strict(request_type).model_validate(body)


def _strict(annotation: Any) -> Any:
    """The annotation with strict models for TypedDicts and checked lists, at every depth."""
    if typing_extensions.is_typeddict(annotation):
        return _model_for(annotation)
    origin: Any = typing.get_origin(annotation)
    arguments = typing.get_args(annotation)
    if origin in {typing.Required, typing.NotRequired, typing_extensions.Required, typing_extensions.NotRequired}:
        return _strict(arguments[0])
    if origin is typing.Annotated:
        return _strict(arguments[0])
    if origin in {typing.Union, types.UnionType}:
        return typing.Union[tuple(_strict(part) for part in arguments)]  # noqa: UP007
    if origin in {list, collections.abc.Iterable, collections.abc.Sequence} or "SequenceNotStr" in str(origin):
        return list[_strict(arguments[0])]  # type: ignore[misc]
    if origin in {dict, collections.abc.Mapping}:
        return dict[arguments[0], _strict(arguments[1])]  # type: ignore[misc, valid-type]
    return annotation


@cache
def _model_for(typed_dict: Any) -> type[BaseModel]:
    fields: dict[str, Any] = {}
    for name, hint in typing_extensions.get_type_hints(typed_dict, include_extras=True).items():
        origin: Any = typing.get_origin(hint)
        default = ... if origin in {typing.Required, typing_extensions.Required} else None
        # A leading letter keeps pydantic from taking a field for a private one or its own.
        fields[f"field_{name}"] = (_strict(hint), Field(default, alias=_wire_name(hint) or name))
    config = ConfigDict(extra="forbid", strict=True)
    return create_model(typed_dict.__name__, __config__=config, **fields)


def _wire_name(hint: Any) -> str | None:
    for part in typing.get_args(hint):
        if isinstance(part, PropertyInfo):
            return typing.cast("str | None", part.alias)
        if (nested := _wire_name(part)) is not None and typing.get_origin(part) is typing.Annotated:
            return nested
    return None
