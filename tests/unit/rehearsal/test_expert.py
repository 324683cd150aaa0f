"""The expert's process: how its host is called, and what is said when it cannot be built."""

import pytest

from argos.core.errors import ArgosError
from argos.rehearsal import expert
from argos.rehearsal.expert import build_host, host_argv

BODY = {
    "host": "/somewhere/host",
    "directory": "/somewhere/terminal",
    "broker_url": "http://127.0.0.1:1",
    "api_key": "key",
    "gateway_url": "http://127.0.0.1:2",
    "account": "prop-1",
    "inputs": {"InpSettleMs": 0},
    "options": {"--account": 7},
}


def test_the_host_gets_its_options_and_the_expert_its_inputs():
    argv = host_argv(BODY, enrol_code="")
    assert argv[0] == "/somewhere/host"
    options = dict(zip(argv[1:-3:2], argv[2:-3:2], strict=True))
    assert options == {
        "--broker": "http://127.0.0.1:1",
        "--key": "key",
        "--directory": "/somewhere/terminal",
        "--allow": "http://127.0.0.1:2",
        "--account": "7",
    }
    assert argv[-3:] == ["InpGatewayUrl=http://127.0.0.1:2", "InpAccount=prop-1", "InpSettleMs=0"]


def test_an_enrolment_code_is_handed_on():
    assert host_argv(BODY, enrol_code="once")[-1] == "InpEnrolCode=once"


def test_without_a_compiler_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ArgosError) as refused:
        build_host()
    assert refused.value.code == "EXPERT_NOT_BUILT"
    assert "apt install g++ libsqlite3-dev" in refused.value.fix


def test_an_installed_package_has_no_sources(monkeypatch: pytest.MonkeyPatch, tmp_path):
    monkeypatch.setattr(expert, "BUILD", tmp_path / "build.py")
    with pytest.raises(ArgosError) as refused:
        build_host()
    assert refused.value.code == "EXPERT_SOURCES_MISSING"
