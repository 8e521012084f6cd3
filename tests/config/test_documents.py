"""Configuration: frozen, every fault at once, with line and key."""

import pytest

from rctspark.config import read_mapping, read_plan, read_settings
from rctspark.errors import ConfigError, PlanError


@pytest.fixture
def plan_text(root):
    return (root / "conf" / "experiments" / "ww.yaml").read_text()


@pytest.fixture
def read(tmp_path):
    def parsed(text):
        path = tmp_path / "ww.yaml"
        path.write_text(text)
        return read_plan(path)

    return parsed


def line_of(text, part):
    return next(i for i, line in enumerate(text.splitlines(), 1) if part in line)


def test_every_plan_and_mapping_of_the_project_can_be_read(root):
    plans = sorted((root / "conf" / "experiments").glob("*.yaml"))
    mappings = sorted((root / "conf" / "mappings").glob("*.yaml"))
    assert {read_plan(path).name for path in plans} == {path.stem for path in plans}
    assert {read_mapping(p).name for p in mappings} == {p.stem for p in mappings}
    named = {name for path in plans for name in read_plan(path).registers.mappings}
    assert named == {path.stem for path in mappings}


def test_all_faults_are_told_at_once_with_line_and_key(read, plan_text):
    text = (
        plan_text.replace("revival_days: 28", "revival_days: -1")
        .replace("control: basic", "control: Basic Services")
        .replace("panel: [-12, -1]", "panel: [-12, 2]")
        .replace("period: month", "period: fortnight")
    )
    with pytest.raises(PlanError) as fault:
        read(text)
    words = str(fault.value)
    assert "has 4 fault(s)" in words
    for part, key in [
        ("revival_days", "population.revival_days"),
        ("control: Basic", "arms.control"),
        ("panel: [-12, 2]", "covariates.4"),
        ("period: fortnight", "period"),
    ]:
        place = f"ww.yaml:{line_of(text, part)}: {key}"
        assert place in words, (place, words)
    assert "measured after assignment" in words


def test_names_that_are_used_and_not_declared_are_told_at_once(read, plan_text):
    text = (
        plan_text.replace("{outcome: exit, horizon: 12", "{outcome: exits, horizon: 12")
        .replace("even: basic", "even: simple")
        .replace("covariates: [female, age,", "covariates: [female, ages,")
    )
    with pytest.raises(PlanError) as fault:
        read(text)
    words = str(fault.value)
    assert "no outcome is called exits" in words
    assert "no arm is called simple" in words
    assert "no covariate is called ages" in words


def test_a_covariate_measured_after_assignment_is_a_fault(read, plan_text):
    with pytest.raises(PlanError, match="measured at follow_up"):
        read(plan_text.replace("measured: benefit_start}", "measured: follow_up}"))


def test_a_key_that_stands_twice_or_is_unknown_is_a_fault(read, plan_text):
    with pytest.raises(PlanError, match="the key stands here twice"):
        read(plan_text + "\nperiod: week\n")
    with pytest.raises(PlanError, match="outcome_s"):
        read(plan_text + "\noutcome_s: []\n")


def test_the_hash_is_of_what_a_plan_says_not_of_how(read, plan_text):
    known = read(plan_text).hash
    relabelled = plan_text.replace("nl: Uitstroom}", "nl: Exit}").replace(
        "# Intensive against", "# About intensive against"
    )
    assert relabelled != plan_text
    assert read(relabelled).hash == known
    assert read(plan_text.replace("level: 0.90", "level: 0.9")).hash == known
    assert read(plan_text.replace("level: 0.90", "level: 0.95")).hash != known
    unadjusted = "- {name: unadjusted}"
    silent = plan_text.replace(unadjusted, "- {name: unadjusted, covariates: []}")
    assert silent != plan_text
    assert read(silent).hash == known
    absorbed = plan_text.replace(unadjusted, "- {name: unadjusted, strata: age}")
    assert read(absorbed).hash != known


def test_a_file_that_is_no_yaml_is_told_with_its_line(read):
    with pytest.raises(PlanError, match=r"ww.yaml:3 is not YAML"):
        read("a: 1\nb: [1\nc: 2\n")


def test_local_settings_lie_over_the_base(root, tmp_path, monkeypatch):
    named = tmp_path / "mine.yaml"
    named.write_text("thresholds: {minimum_persons: 25}\n")
    monkeypatch.setenv("RCTSPARK_CONF", str(named))
    settings = read_settings(root)
    assert settings.thresholds.minimum_persons == 25
    assert settings.thresholds.minimum_df == 10


@pytest.mark.parametrize(
    ("place", "meant"),
    [
        ("out/lake", "{root}/out/lake"),
        ("/data/lake", "/data/lake"),
        ("s3a://bucket/lake", "s3a://bucket/lake"),
        ("hdfs:///lake", "hdfs:///lake"),
        ("sqlite:///out/mlflow.db", "sqlite:///{root}/out/mlflow.db"),
        ("sqlite:////data/mlflow.db", "sqlite:////data/mlflow.db"),
    ],
)
def test_places_are_relative_to_the_folder_of_conf(
    place, meant, root, tmp_path, monkeypatch
):
    (tmp_path / "mine.yaml").write_text(f"lake: {place}\ntracking_uri: {place}\n")
    monkeypatch.setenv("RCTSPARK_CONF", str(tmp_path / "mine.yaml"))
    settings = read_settings(root)
    assert {settings.lake, settings.tracking_uri} == {meant.format(root=root)}


def test_a_key_never_stands_in_settings(root, tmp_path, monkeypatch):
    named = tmp_path / "mine.yaml"
    named.write_text("pseudonym_key: abc\n")
    monkeypatch.setenv("RCTSPARK_CONF", str(named))
    with pytest.raises(ConfigError, match="pseudonym_key"):
        read_settings(root)


def test_an_interview_of_a_round_that_the_plan_does_not_have_is_told(root, tmp_path):
    text = (root / "conf" / "experiments" / "ww.yaml").read_text()
    path = tmp_path / "ww.yaml"
    changed = text.replace(
        "interview: {kinds: [individual_interview], round: 12}",
        "interview: {kinds: [individual_interview], round: 11}",
    )
    assert changed != text
    path.write_text(changed)
    with pytest.raises(PlanError, match=r"interview\.round: no round has this number"):
        read_plan(path)


def test_durations_that_the_rest_of_the_plan_does_not_carry_are_told(root, tmp_path):
    text = (root / "conf" / "experiments" / "rossi.yaml").read_text()
    path = tmp_path / "rossi.yaml"
    path.write_text(
        text.replace("until: 52", "until: 60")
        .replace("lag: 1", "lag: 2")
        .replace("covariates: *before, covariance: cluster", "covariates: [height]")
        .replace("tests: [log_rank]", "strata: age")
    )
    with pytest.raises(PlanError) as fault:
        read_plan(path)
    words = str(fault.value)
    for part in (
        "durations.0.models: no covariate is called height",
        "durations.0.strata: no categorical covariate is age",
        "durations.0.varying: the panel's window ends before until",
        "cox_employed_before: employed_before looks back before the panel's window",
    ):
        assert part in words, part
