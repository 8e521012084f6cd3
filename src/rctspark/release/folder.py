"""A folder of results is replaced as a whole: a reader sees the old or the new one."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from rctspark.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Mapping

MANIFEST = "manifest.json"


def replace_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    """Put these files, and no others, into a folder.

    They are written beside it first; then the folder changes its name and the new one
    takes its place. A run that is killed between the two leaves the old folder under
    the name `.<folder>.old`, which the next run puts back before it begins.

    Args:
        folder: Where they go; a `manifest.json` with their SHA-256 is added.
        files: Path below the folder to content.

    Raises:
        StoreError: The folder holds something that was not written by this function.
    """
    old = folder.parent / f".{folder.name}.old"
    if old.exists() and not folder.exists():
        old.rename(folder)
    shutil.rmtree(old, ignore_errors=True)
    _require_own(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    new = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        # Folders made by mkdtemp are for their owner only.
        new.chmod(0o755)
        for name, content in ({**files, **_manifest(files)}).items():
            (new / name).parent.mkdir(parents=True, exist_ok=True)
            (new / name).write_bytes(content)
        if folder.exists():
            folder.rename(old)
        new.rename(folder)
    finally:
        shutil.rmtree(new, ignore_errors=True)
    shutil.rmtree(old, ignore_errors=True)


def _manifest(files: Mapping[str, bytes]) -> dict[str, bytes]:
    sums = {name: hashlib.sha256(files[name]).hexdigest() for name in sorted(files)}
    return {MANIFEST: (json.dumps(sums, indent=1) + "\n").encode()}


def _require_own(folder: Path) -> None:
    if not folder.exists():
        return
    held = {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file()
    }
    manifest = folder / MANIFEST
    own = set(json.loads(manifest.read_text())) if manifest.is_file() else set()
    foreign = held - own - {MANIFEST}
    if foreign:
        raise StoreError(
            f"{folder} holds {len(foreign)} file(s) that no earlier release wrote, "
            f"{min(foreign)} for one. Move them, or name another folder."
        )
