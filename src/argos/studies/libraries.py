"""Libraries that a study loads only when it needs them: they take a second, and one of them is optional."""

import os
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from argos.core.errors import InputError


def optuna() -> Any:
    """The module, without its lines about studies and trials on the terminal."""
    module = import_module("optuna")
    if module.logging.get_verbosity() < module.logging.WARNING:
        module.logging.set_verbosity(module.logging.WARNING)
    return module


def ray() -> Any:
    """The module. Raises InputError (RAY_MISSING) where it is not installed. It is told not to report its use."""
    if find_spec("ray") is None:
        raise InputError(
            "Ray is not installed",
            code="RAY_MISSING",
            field="workers",
            fix="install argos with its extra ray (argos[ray]), or use threads",
        )
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    return import_module("ray")
