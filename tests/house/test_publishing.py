"""Nothing is published that has not passed every test."""

import yaml
from workspace import ROOT

WORKFLOWS = {file.stem: yaml.load(file.read_text(encoding="utf-8"), yaml.BaseLoader) for file in (ROOT / ".github/workflows").glob("*.yml")}  # "on" stays a word


def test_only_the_tests_call_what_publishes():
    assert list(WORKFLOWS["publish"]["on"]) == ["workflow_call"]
    calls = {name: job for workflow in WORKFLOWS.values() for name, job in workflow["jobs"].items() if job.get("uses") == "./.github/workflows/publish.yml"}
    assert list(calls) == ["publish"]
    assert calls["publish"]["needs"] == "test" and "refs/heads/main" in calls["publish"]["if"] and "always()" not in calls["publish"]["if"]
    assert any(step.get("run") == ".ci/run" for step in WORKFLOWS["test"]["jobs"]["test"]["steps"])


def test_nothing_else_may_write():
    for name, workflow in WORKFLOWS.items():
        writes = workflow.get("permissions", {}).get("contents") == "write" or any("gh-pages" in step.get("run", "") for job in workflow["jobs"].values() for step in job.get("steps", []))
        assert writes == (name == "publish"), name
