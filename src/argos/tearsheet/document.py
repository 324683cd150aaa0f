"""One HTML document with everything in it: styles, scripts and data inline, and nothing may be loaded."""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, Final

import orjson
from markupsafe import Markup

from argos.tearsheet import words
from argos.tearsheet.filling import page_templates

LIBRARY: Final = "lightweight-charts.js"
BASE_SCRIPTS: Final = ("theme.js", "words.js")


def render(
    template: str,
    *,
    data: Mapping[str, Any] | None = None,
    scripts: Sequence[str] = (),
    **context: Any,
) -> str:
    """The template as a document. `data`: what the scripts find as JSON under the id "data"."""
    style = asset("sheet.css")
    code = [asset(name) for name in (*BASE_SCRIPTS, *scripts)]
    return _TEMPLATES.get_template(template).render(
        style=Markup(style),  # noqa: S704 - our own file
        scripts=[Markup(text) for text in code],  # noqa: S704 - our own files
        notice=asset("lightweight-charts.NOTICE") if LIBRARY in scripts else "",
        policy=_policy(style, code),
        data=safe_json(data or {}),
        **context,
    )


def safe_json(data: Mapping[str, Any]) -> Markup:
    """JSON that cannot end the element it stands in, nor begin another. NaN becomes null."""
    text = orjson.dumps(data, option=orjson.OPT_SERIALIZE_NUMPY).decode("utf-8")
    for letter, escaped in (("<", "\\u003c"), (">", "\\u003e"), ("&", "\\u0026")):
        text = text.replace(letter, escaped)
    return Markup(text)  # noqa: S704 - escaped just above


@cache
def asset(name: str) -> str:
    """A file of `assets`."""
    return files("argos.tearsheet").joinpath("assets", name).read_text(encoding="utf-8")


def _policy(style: str, code: Sequence[str]) -> str:
    """Only these very styles and scripts; no connection, no image, no frame, no form from or to anywhere."""
    allowed = " ".join(_hash(text) for text in code)
    return (
        f"default-src 'none'; style-src {_hash(style)}; script-src {allowed}; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


_TEMPLATES: Final = page_templates(
    "argos.tearsheet",
    {
        "number": words.number,
        "percent": words.percent,
        "money": words.money,
        "plain": words.plain,
        "moment": words.moment,
        "day": words.day,
        "count": words.count,
    },
)
