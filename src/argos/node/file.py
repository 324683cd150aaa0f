"""The file that describes a node: which account at which venue, and where the gateway is."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from argos.core.errors import InputError
from argos.stack.home import read_private


def read_node_file(path: Path) -> Mapping[str, Any]:
    """What a node file says. Raises InputError NODE_FILE_INVALID."""
    try:
        body = json.loads(read_private(path))
        missing = {"name", "account", "venue", "gateway_url"} - body.keys()
    except (OSError, ValueError, AttributeError) as error:
        raise InputError(
            f"{path}: {error}", code="NODE_FILE_INVALID", fix="write it anew with `argos init`"
        ) from error
    if missing:
        raise InputError(
            f"{path} lacks {', '.join(sorted(missing))}",
            code="NODE_FILE_INVALID",
            fix="write it anew with `argos init`",
        )
    found: Mapping[str, Any] = body
    return found
