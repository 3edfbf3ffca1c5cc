"""The adapter of a student that calls tools: which tool, which words are values, and values that are not written.

Three kinds of trained choice work together. One names the tool among those on offer. The tagger finds the values that
stand in the text. For an argument whose values are enumerated, or often not written, a further choice gives the value.
One call is made for a request.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydantic import BaseModel

from core.backend.students.argument_values import properties_of, read_written
from core.backend.students.request_reading import chat_messages, offered_functions
from core.backend.students.sizes import get_size
from core.backend.students.span_tagger import SpanTagger
from core.backend.students.storage import StoredAdapter, write_adapter
from core.backend.students.template import PromptTemplate
from core.backend.students.token_features import TokenSequence
from core.backend.students.tokens import tokenize
from core.backend.students.tool_messages import call_message
from core.backend.students.trained_choice import TrainedChoice
from core.backend.students.untrained import answer_untrained

KIND = "tool"
ABSENT = "null"  # the class of a value choice that gives no value

_Function = Mapping[str, object]


@dataclass(frozen=True, kw_only=True)
class ValueChoice:
    """Chooses the value of one argument by the whole request; `values` are JSON texts, `ABSENT` gives none."""

    choice: TrainedChoice
    values: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class ToolSkills:
    """What training gave a tool student.

    `tools` are the classes of `router`. `arguments` names the arguments each tool was called with, `choices` those that
    are chosen and not tagged; `spellings` holds the usual case of tagged ones. `tagger` is None when there are none.
    """

    tools: tuple[str, ...]
    router: TrainedChoice
    tagger: SpanTagger | None
    arguments: Mapping[str, tuple[str, ...]]
    choices: Mapping[str, ValueChoice]
    spellings: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class ToolAdapter:
    """A trained student that answers with one tool call. `best_epoch` is that of the tool choice, counted from 1."""

    student: str
    template: PromptTemplate
    skills: ToolSkills
    best_epoch: int

    def messages_for(self, requests: Sequence[Mapping[str, object]]) -> list[dict[str, object]]:
        """Return one assistant message a request, in order.

        Where the tools on offer are none that it was trained with, it answers as the untrained student does.
        """
        chosen = self._choose_tools(requests)
        known = [request for request, function in zip(requests, chosen, strict=True) if function is not None]
        calls = iter(self._call(known, [function for function in chosen if function is not None]))
        others = [request for request, function in zip(requests, chosen, strict=True) if function is None]
        strange = iter(answer_untrained(others, student=self.student))
        return [next(strange) if function is None else next(calls) for function in chosen]

    def save(self, path: Path) -> None:
        """Write the adapter to one file, replacing what is there."""
        skills = self.skills
        description = {
            "kind": KIND,
            "student": self.student,
            "prefix": self.template.prefix,
            "suffix": self.template.suffix,
            "best_epoch": self.best_epoch,
            "tools": list(skills.tools),
            "tags": list(skills.tagger.tags) if skills.tagger else None,
            "arguments": {tool: list(names) for tool, names in skills.arguments.items()},
            "values": {argument: list(choice.values) for argument, choice in skills.choices.items()},
            "spellings": dict(skills.spellings),
        }
        arrays = skills.router.to_arrays("router")
        if skills.tagger:
            arrays |= skills.tagger.to_arrays("tagger")
        for number, choice in enumerate(skills.choices.values()):
            arrays |= choice.choice.to_arrays(f"choice_{number}")
        write_adapter(path, description, arrays)

    @classmethod
    def restore(cls, stored: StoredAdapter) -> "ToolAdapter":
        """Return the adapter that `save` wrote. Raises `KeyError` or `ValueError` for other content."""
        saved = _SavedTools.model_validate(stored.description)
        size = get_size(saved.student)
        choices = {
            argument: ValueChoice(
                choice=TrainedChoice.from_arrays(f"choice_{number}", plans=size.trained, arrays=stored.arrays),
                values=values,
            )
            for number, (argument, values) in enumerate(saved.values.items())
        }
        tagger = None
        if saved.tags is not None:
            tagger = SpanTagger.from_arrays("tagger", bits=size.token_bits, tags=saved.tags, arrays=stored.arrays)
        skills = ToolSkills(
            tools=saved.tools,
            router=TrainedChoice.from_arrays("router", plans=size.trained, arrays=stored.arrays),
            tagger=tagger,
            arguments=saved.arguments,
            choices=choices,
            spellings=saved.spellings,
        )
        return cls(
            student=saved.student,
            template=PromptTemplate(prefix=saved.prefix, suffix=saved.suffix),
            skills=skills,
            best_epoch=saved.best_epoch,
        )

    def _choose_tools(self, requests: Sequence[Mapping[str, object]]) -> list[_Function | None]:
        """Return the most probable function on offer for each request, None when none of them is known."""
        if not requests:
            return []
        probabilities = self.skills.router.probabilities(self._texts(requests))
        ranked = np.argsort(-probabilities, axis=1)
        chosen: list[_Function | None] = []
        for request, places in zip(requests, ranked, strict=True):
            offered = {str(function["name"]): function for function in offered_functions(request)}
            names = (self.skills.tools[place] for place in places)
            chosen.append(next((offered[name] for name in names if name in offered), None))
        return chosen

    def _call(
        self, requests: Sequence[Mapping[str, object]], functions: Sequence[_Function]
    ) -> list[dict[str, object]]:
        if not requests:
            return []
        texts = self._texts(requests)
        arguments = self._read_values(texts, functions)
        self._choose_values(texts, functions, arguments)
        return [
            call_message(str(function["name"]), _in_declared_order(function, found))
            for function, found in zip(functions, arguments, strict=True)
        ]

    def _read_values(self, texts: Sequence[str], functions: Sequence[_Function]) -> list[dict[str, object]]:
        """Return the arguments whose values stand in the texts, the first value of each."""
        found: list[dict[str, object]] = [{} for _ in texts]
        if self.skills.tagger is None:
            return found
        sequences = [
            TokenSequence(tokens=tokenize(text), tool=str(function["name"]))
            for text, function in zip(texts, functions, strict=True)
        ]
        # Tagged with all that the tool had in training: a value of an undeclared argument is no part of another one.
        allowed = [self.skills.arguments.get(sequence.tool, ()) for sequence in sequences]
        for place, spans in enumerate(self.skills.tagger.find_spans(sequences, allowed)):
            schemas, names = properties_of(functions[place]), self._names(functions[place])
            for span in (span for span in spans if span.argument in names):
                value = read_written(
                    texts[place][span.start : span.end],
                    schemas.get(span.argument, {}),
                    spelling=self.skills.spellings.get(span.argument, ""),
                )
                found[place].setdefault(span.argument, value)
        return found

    def _choose_values(
        self, texts: Sequence[str], functions: Sequence[_Function], arguments: list[dict[str, object]]
    ) -> None:
        """Add the arguments whose values are chosen to `arguments`."""
        for argument, choice in self.skills.choices.items():
            places = [place for place, function in enumerate(functions) if argument in self._names(function)]
            if not places:
                continue
            asked = [request_for_choice(str(functions[place]["name"]), texts[place]) for place in places]
            for place, best in zip(places, choice.choice.probabilities(asked).argmax(axis=1), strict=True):
                if choice.values[best] != ABSENT:
                    arguments[place][argument] = json.loads(choice.values[best])

    def _names(self, function: _Function) -> tuple[str, ...]:
        """Return the arguments that the student may give: seen in training and, where declared, on offer."""
        seen = self.skills.arguments.get(str(function["name"]), ())
        declared = properties_of(function)
        return tuple(name for name in seen if name in declared) if declared else seen

    def _texts(self, requests: Sequence[Mapping[str, object]]) -> list[str]:
        return [self.template.text_of(chat_messages(request)) for request in requests]


class _SavedTools(BaseModel):
    """The description that `ToolAdapter.save` writes."""

    student: str
    prefix: str
    suffix: str
    best_epoch: int
    tools: tuple[str, ...]
    tags: tuple[str, ...] | None
    arguments: dict[str, tuple[str, ...]]
    values: dict[str, tuple[str, ...]]
    spellings: dict[str, str]


def request_for_choice(tool: str, text: str) -> str:
    """Return the text that a value choice reads: the tool's name counts as a word of the request."""
    return f"{tool} {text}"


def _in_declared_order(function: _Function, arguments: Mapping[str, object]) -> dict[str, object]:
    places = {name: place for place, name in enumerate(properties_of(function))}
    return {name: arguments[name] for name in sorted(arguments, key=lambda name: (places.get(name, len(places)), name))}
