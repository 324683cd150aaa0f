"""Letters can be read in both themes: WCAG AA, 4.5 to 1, from the colours of the style sheet itself."""

import re

import pytest

from argos.tearsheet.document import asset

AA = 4.5
PAIRS = {
    name: pair
    for name, *pair in re.findall(
        r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\);", asset("sheet.css")
    )
}
SHADES = [f"{kind}-{level}" for kind in ("gain", "loss") for level in (1, 2, 3, 4)]
READ = [
    *(
        (ink, ground)
        for ink in ("ink", "soft", "accent", "gain", "loss", "amber")
        for ground in ("card", "bg")
    ),
    *(("ink", shade) for shade in SHADES),
    *(("ink", f"q{level}") for level in range(4)),
    *(("card", f"q{level}") for level in range(4, 8)),
    ("card", "ink"),
]


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), READ)
def test_letters_stand_out_from_their_ground(ink: str, ground: str, theme: str) -> None:
    place = ("light", "dark").index(theme)
    one, other = sorted((luminance(PAIRS[ink][place]), luminance(PAIRS[ground][place])))
    assert (other + 0.05) / (one + 0.05) >= AA
