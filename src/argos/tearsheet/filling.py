"""How pages are filled in, here and in the demo's report: texts escaped, and a name that is missing is a mistake."""

from collections.abc import Callable, Mapping
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined


def page_templates(package: str, filters: Mapping[str, Callable[..., Any]]) -> Environment:
    """The templates of `package`; `filters` make words of values."""
    environment = Environment(
        loader=PackageLoader(package),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= filters
    return environment
