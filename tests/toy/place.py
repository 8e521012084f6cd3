"""A project of its own, its lake, and jobs run in it."""

import json
import shutil

import pytest
import yaml
from deltalake import DeltaTable

from rctspark.runtime.job import run_job
from rctspark.runtime.secret import make_key
from toy import experiment as toy


class Place:
    """A project of its own, its lake, and jobs run in it."""

    def __init__(self, folder, root):
        """Lay out a new project."""
        toy.lay_out(folder, root)
        make_key(folder / "key")
        (folder / "conf" / "local").mkdir()
        self._settle(folder)

    @classmethod
    def like(cls, folder, other):
        """Lay out a copy of another place, with all that was made there."""
        shutil.copytree(other, folder, dirs_exist_ok=True)
        place = cls.__new__(cls)
        place._settle(folder)
        return place

    def _settle(self, folder):
        self.root, self.key = folder, folder / "key"
        self.lake = folder / "out" / "lake"
        self.set()

    def set(self, **settings):
        """Write the settings of this place, with others besides."""
        own = {"pseudonym_key_file": str(self.key), "jars": ""}
        path = self.root / "conf" / "local" / "settings.yaml"
        path.write_text(yaml.safe_dump(own | settings))

    def change(self, plan, old, new):
        """Change words in the file of a plan."""
        path = self.root / "conf" / "experiments" / f"{plan}.yaml"
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    def run(self, job, *more, plan, deliveries=None, again=False, look=None):
        arguments = ["--plan", plan, "--root", str(self.root), *map(str, more)]
        arguments += ["--rebuild"] if again else []
        if deliveries is not None:
            arguments += ["--deliveries", str(deliveries)]
        with pytest.MonkeyPatch.context() as patch:
            patch.delenv("RCTSPARK_CONF", raising=False)
            return run_job(job, doc=job.__doc__, argv=arguments, look=look)

    def read(self, name):
        return DeltaTable(self.lake / name).to_pandas()

    def versions(self, scope):
        logs = (self.lake / scope).glob("*/_delta_log")
        return {log.parent.name: DeltaTable(log.parent).version() for log in logs}

    def last_log(self):
        logs = (self.root / "out" / "runs").glob("*.log")
        newest = max(logs, key=lambda p: p.stat().st_mtime_ns)
        return [json.loads(line)["message"] for line in newest.read_text().splitlines()]
