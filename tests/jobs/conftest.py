"""Jobs in-process, on a lake of their own."""

import pytest

from build_panel import build_panel
from build_population import build_population
from estimate_effects import estimate_effects
from ingest import ingest
from made_once import made_once
from places import write_settings
from publish_results import publish_results
from rctspark.runtime.job import run_job
from rctspark.runtime.secret import make_key
from register_plan import register_plan
from toy import experiment as toy
from toy.place import Place
from write_quality_site import write_quality_site

MISTYPED = 3
"""Rows of payroll whose citizen service number nobody has."""


@pytest.fixture(scope="session")
def workplace(tmp_path_factory):
    """A folder for everything that jobs write, and settings that name it."""
    folder = tmp_path_factory.mktemp("jobs")
    make_key(folder / "key")
    write_settings(folder)
    return folder


@pytest.fixture(scope="session")
def run(spark, root, workplace):
    """Run a job as its command line would; return the exit code."""

    def ran(job, *arguments):
        assert spark is not None
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("RCTSPARK_CONF", str(workplace / "settings.yaml"))
            patch.chdir(root)
            return run_job(job, doc=job.__doc__, argv=list(map(str, arguments)))

    return ran


@pytest.fixture(scope="session")
def followed(spark, root, tmp_path_factory):
    """A small project whose plan was registered, then followed to its effects."""
    assert spark is not None

    def make(folder):
        place = Place(folder, root)
        assert place.run(register_plan, plan="toy") == 0
        deliveries = toy.deliver(folder / "deliveries", mistyped=MISTYPED)
        assert place.run(ingest, plan="toy", deliveries=deliveries) == 0
        for job in (build_population, build_panel, estimate_effects):
            assert place.run(job, plan="toy") == 0
        return folder

    return made_once(tmp_path_factory, "followed", make)


@pytest.fixture(scope="session")
def reported(followed, tmp_path_factory):
    """The same project with all that people read: report, tables, both quality sites."""

    def make(folder):
        place = Place.like(folder, followed)
        assert place.run(publish_results, plan="toy") == 0
        for more in ([], ["--masked"]):
            assert place.run(write_quality_site, *more, plan="toy") == 0
        return folder

    return made_once(tmp_path_factory, "reported", make)
