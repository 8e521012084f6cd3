"""The key of the pseudonyms: from the environment or a file, never from conf."""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING

from rctspark.errors import IdentityError

if TYPE_CHECKING:
    from pathlib import Path

VARIABLE = "RCTSPARK_PSEUDONYM_KEY"
KEY_BYTES = 32
OWNER_ONLY = 0o600


def read_key(path: Path | None) -> bytes:
    """Return the key.

    Args:
        path: File that holds it, where the environment does not.

    Returns:
        Its bytes.

    Raises:
        IdentityError: There is none, or others can read the file.
    """
    named = os.environ.get(VARIABLE)
    if named:
        return named.encode()
    if path is None or not path.is_file():
        raise IdentityError(
            f"There is no key for the pseudonyms: set {VARIABLE}, or name a file in "
            "conf/local/settings.yaml (pseudonym_key_file); `make key` makes one. "
            "Keep it: other keys give other pseudonyms."
        )
    if path.stat().st_mode & 0o077:
        raise IdentityError(
            f"{path} can be read by others than its owner: chmod 600 it."
        )
    return path.read_text(encoding="ascii").strip().encode()


def make_key(path: Path) -> bool:
    """Make a key, unless there is one.

    Args:
        path: Where to put it, readable by its owner alone.

    Returns:
        Whether one was made.
    """
    if path.exists():
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(secrets.token_hex(KEY_BYTES) + "\n")
    return True
