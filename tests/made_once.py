"""What the workers of one run share: made by the first that asks."""

import fcntl
import os
import pickle
import shutil


def made_once(factory, name, make):
    """Make something in a folder that all workers of this run have in common.

    Args:
        factory: The fixture `tmp_path_factory`.
        name: Name of the folder.
        make: What is called with the empty folder, once; gives something to keep.

    Returns:
        What `make` gave. To every other worker, a copy.
    """
    base = factory.getbasetemp()
    # The folder of a worker of pytest-xdist lies in that of the run.
    if "PYTEST_XDIST_WORKER" in os.environ:
        base = base.parent
    folder, kept = base / name, base / f"{name}.pickle"
    # The lock of a worker that dies is free: the next one begins anew.
    with (base / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            part = kept.with_suffix(".part")
            part.write_bytes(pickle.dumps(make(folder)))
            part.rename(kept)
        return pickle.loads(kept.read_bytes())  # noqa: S301 (made by this run)
