"""Joins the library and the example into one script, for people who do not want to publish a library.

    python tradingview/build_single_file.py

A test holds the written file equal to what this gives.
"""

import re
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent
TARGET: Final = FOLDER / "examples" / "ema_cross_single_file.pine"


def single_file(*, library: str, strategy: str) -> str:
    """`strategy` with the functions of `library` in the place of its import."""
    functions = library[library.index("// @type") :].replace("export ", "").strip()
    before, own = re.split(r"^// Publish .*\nimport .*\n", strategy, maxsplit=1, flags=re.MULTILINE)
    notice = "// Made by tradingview/build_single_file.py out of ArgosIntent.pine and examples/ema_cross.pine."
    return f"{before}{notice}\n\n{functions}\n{own.replace('argos.', '')}"


def build() -> str:
    return single_file(
        library=(FOLDER / "ArgosIntent.pine").read_text("utf-8"),
        strategy=(FOLDER / "examples" / "ema_cross.pine").read_text("utf-8"),
    )


if __name__ == "__main__":
    TARGET.write_text(build(), "utf-8")
