"""Hiding a key in what a provider says: Alpha Vantage echoes it in its error texts."""

from typing import Final
from urllib.parse import quote, quote_plus

MASK: Final = "***"


def mask(text: str, *, key: str) -> str:
    """The text without the key, in whichever case and however it is escaped for a URL."""
    for form in sorted({key, quote(key, safe=""), quote_plus(key)}, key=len, reverse=True):
        if form:
            text = _without(text, form)
    return text


def _without(text: str, form: str) -> str:
    parts, start, lowered, wanted = [], 0, text.lower(), form.lower()
    if len(lowered) != len(text):  # a letter whose small form is longer: places would not fit
        return text.replace(form, MASK)
    while (place := lowered.find(wanted, start)) >= 0:
        parts += [text[start:place], MASK]
        start = place + len(form)
    return "".join([*parts, text[start:]])
