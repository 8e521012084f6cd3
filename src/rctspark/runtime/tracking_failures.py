"""What is said when MLflow can't be reached, or refuses what it is given."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rctspark.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator

CREDENTIALS = re.compile(r"(?<=://)[^/@]*@")


@contextmanager
def reaching(tracking_uri: str) -> Iterator[None]:
    """Turn what MLflow, its database or its server raises into one sentence.

    Args:
        tracking_uri: Where MLflow keeps runs; what stands before an `@` in it is not
            repeated.

    Raises:
        StoreError: MLflow failed. The kind of failure is named and its text is not:
            a server's answer may hold anything.
    """
    from mlflow.exceptions import MlflowException  # noqa: PLC0415 (slow to import)
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415 (slow to import)

    try:
        yield
    except (MlflowException, SQLAlchemyError) as broken:
        kind = getattr(broken, "error_code", "") or type(broken).__name__
        place = CREDENTIALS.sub("", tracking_uri)
        raise StoreError(
            f"MLflow at {place} can't be reached or refuses ({kind}). Tables that were "
            "published stay so. Start the server or mend `tracking_uri` in the "
            "settings, then run the job again; what is published is not made anew"
        ) from None
