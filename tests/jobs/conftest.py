"""Jobs in-process, on a lake of their own."""

import pytest

from places import write_settings
from rctspark.runtime.job import run_job
from rctspark.runtime.secret import make_key


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
