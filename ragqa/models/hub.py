"""Whether the hub of models can be reached. It is asked once: without a network its library tries again for minutes."""

from __future__ import annotations

import ssl
import urllib.error
import urllib.request
from pathlib import Path

WAIT = 5.0  # seconds for the hub to say anything


def is_local(name: str) -> bool:
    """Whether a model can only come from this machine: its name is a folder, or no hub answers."""
    return Path(name).is_dir() or not _answers()


def _answers() -> bool:
    """Whether there is a hub that says anything, if only that it refuses."""
    from huggingface_hub import constants

    if constants.HF_HUB_OFFLINE:
        return False
    asked = urllib.request.Request(constants.ENDPOINT, method="HEAD")  # noqa: S310 - the user's own setting
    try:
        with urllib.request.urlopen(asked, timeout=WAIT):  # noqa: S310
            return True
    except urllib.error.HTTPError:
        return True
    except (OSError, ValueError) as error:
        return isinstance(getattr(error, "reason", error), ssl.SSLError)  # its library may know other certificates
