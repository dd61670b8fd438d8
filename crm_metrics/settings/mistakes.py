"""Values checked against what the settings can be, and every mistake in plain words with its line: on which
line of a TOML file a key stands, the standard library's reader does not say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, time
from functools import cache
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from crm_metrics.errors import did_you_mean
from crm_metrics.settings import kinds
from crm_metrics.settings.goals import Alert, Goal
from crm_metrics.settings.hours import Holidays, Hours, Rates
from crm_metrics.settings.lines import Place, all_mistakes, line_of

# What the annotations of the settings are made of.
_NAMES: dict[str, Any] = {"Annotated": Annotated, "Field": Field, "kinds": kinds}
_NAMES |= {block.__name__: block for block in (Alert, Goal, Hours, Holidays, Rates)}

# What pydantic calls the kinds of a value, and what people call them.
_KINDS = {
    "string_type": "a text is expected, in quotation marks",
    "tuple_type": 'a list is expected, such as ["one", "two"]',
    "dict_type": "a block is expected, [NAME] and then its keys",
    **dict.fromkeys(("dataclass_type", "model_type", "model_attributes_type"), "a block is expected, with its keys"),
    **dict.fromkeys(("bool_parsing", "bool_type"), "true or false is expected"),
    **dict.fromkeys(("int_parsing", "int_type", "int_from_float"), "a whole number is expected"),
    **dict.fromkeys(("float_parsing", "float_type"), "a number is expected"),
    "missing": "it is missing",
}


def checked(block: Any, values: Mapping[str, Any], where: str, lines: Mapping[Place, int] | None = None) -> Any:
    """A block of the settings from names and values. Raises `SettingsError` that lists every mistake at once, each with its
    line where `lines` has it, unknown names with the nearest known one."""
    try:
        return _adapter(block).validate_python(dict(values))
    except ValidationError as error:
        by_sentence: dict[str, int | None] = {}
        for mistake in error.errors():
            place = tuple(part for part in mistake["loc"] if part != "[key]")
            by_sentence.setdefault(_sentence(block, dict(mistake)), line_of(place, dict(lines or {})))
    ordered = sorted(by_sentence.items(), key=lambda pair: pair[1] or 0)
    raise all_mistakes([(line, sentence) for sentence, line in ordered], where)


@cache
def _adapter(block: Any) -> TypeAdapter[Any]:
    adapter = TypeAdapter(block)
    adapter.rebuild(_types_namespace=_NAMES)
    return adapter


def _sentence(block: Any, mistake: dict[str, Any]) -> str:
    place: Place = mistake["loc"]
    name = _shown(place)
    if mistake["type"] in ("extra_forbidden", "unexpected_keyword_argument"):
        kind = "setting" if len(place) == 1 else f"key in {_shown(place[:-1])}:"
        problem = f"there is no {kind} {place[-1]}"
        return f"{problem}. {did_you_mean(str(place[-1]), _known(block, place))}"
    plain = _KINDS.get(mistake["type"]) or mistake["msg"].replace("Input should be", "it should be")
    problem = str(mistake.get("ctx", {}).get("error") or plain) + _as_share(mistake)
    if mistake["type"] == "missing" or place[-1] == "[key]" or isinstance(mistake["input"], dict):
        return f"{name}: {problem}"
    return f"{name} = {written(mistake['input'])}: {problem}"


def _as_share(mistake: dict[str, Any]) -> str:
    """How a percentage is written, where one was given for a number or for what is at most 1."""
    text = str(mistake["input"]).strip()
    number = text.removesuffix("%").strip()
    is_share = mistake.get("ctx", {}).get("le") == 1 or (mistake["type"] == "float_parsing" and number != text)
    if not is_share or not number.isdecimal() or int(number) > 100:
        return ""
    return f"; {number} % is written {int(number) / 100:g}"


def written(value: object) -> str:
    """A value much as the file has it."""
    if isinstance(value, bool):
        return str(value).lower()
    return value.isoformat() if isinstance(value, date | time) else repr(value)


def _shown(place: Place) -> str:
    """The place as people write it; the n-th entry of a list by its number from 1."""
    parts: list[str] = []
    for part in place:
        if isinstance(part, str) and (part == "[key]" or "[" in part or "(" in part):  # a branch of pydantic's own
            continue
        if isinstance(part, int):
            parts[-1] += f" {part + 1}"
        else:
            parts.append(part if part.replace("-", "").isidentifier() else f'"{part}"')
    return ".".join(parts)


def _known(block: Any, place: Place) -> list[str]:
    """The keys of the block that holds a place."""
    for part in place[:-1]:
        block = _block(_hints(block)[str(part)]) if part in _hints(block) else block
    return [name for name in _hints(block) if name != "given"]


def _hints(block: Any) -> dict[str, Any]:
    """The keys of a block, and what each can be."""
    if block is None:
        return {}
    if not is_dataclass(block):
        return {name: of.annotation for name, of in block.model_fields.items()}
    hints = get_type_hints(block, localns=_NAMES)
    return {of.name: hints[of.name] for of in fields(block)}


def _block(annotation: Any) -> Any:
    """The block that a field holds: itself, one of a list, or one of several under names."""
    if isinstance(annotation, type) and (is_dataclass(annotation) or issubclass(annotation, BaseModel)):
        return annotation
    if get_origin(annotation) in (tuple, dict, Union, UnionType):
        return next((block for part in get_args(annotation) if (block := _block(part)) is not None), None)
    return None
