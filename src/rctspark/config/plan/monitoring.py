"""What is watched while a trial runs: persons needed, interviews that are due."""

from __future__ import annotations

from pydantic import Field

from rctspark.config.documents import Document


class Monitoring(Document):
    """What a running trial is held against.

    Attributes:
        needed: Arm to the persons that it needs by the last day of enrolment.
        due: Number of a round to the arms that are due a contact in it, each with the
            kinds that count (the protocol; in Dutch: draaiboek).
    """

    needed: dict[str, int] = Field(default_factory=dict)
    due: dict[int, dict[str, tuple[str, ...]]] = Field(default_factory=dict)
