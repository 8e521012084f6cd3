"""A folder that takes the place of `out`, and settings that say so."""

import yaml


def write_settings(folder):
    """Write settings for jobs that leave all they make in a folder.

    Args:
        folder: The folder; the key of the pseudonyms lies there as `key`.

    Returns:
        The file, for RCTSPARK_CONF to name.
    """
    settings = {
        "out": str(folder / "out"),
        "lake": str(folder / "out" / "lake"),
        "tracking_uri": f"sqlite:///{folder}/out/mlflow.db",
        "pseudonym_key_file": str(folder / "key"),
    }
    path = folder / "settings.yaml"
    path.write_text(yaml.safe_dump(settings))
    return path
