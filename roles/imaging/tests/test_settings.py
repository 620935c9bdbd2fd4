"""What the imaging room refuses before any machine is asked, and what it tells Orthanc."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from socle.baseline import load
from socle.errors import BadPractice

ROOT = Path(__file__).parents[3]
FLOW = """firewall_flows:
  - {name: us, direction: in, protocol: tcp, ports: [2762], peers: [10.0.0.5], purpose: Images}
"""
DEVICE = "imaging_modalities: [{name: us, aet: US1, host: 10.0.0.5, port: 104%s}]\n"


@pytest.fixture
def loaded(tmp_path):
    """The demo practice with more lines in the file of the imaging server."""

    def with_lines(lines: str):
        folder = tmp_path / "demo"
        shutil.copytree(ROOT / "inventories/demo", folder, dirs_exist_ok=True)
        (folder / "secrets.yml").unlink(missing_ok=True)
        (folder / "host_vars/imagerie.yml").write_text(f"---\n{lines}")
        return load(folder, root=ROOT).hosts["imagerie"].settings

    return with_lines


def test_a_declared_device_gets_what_it_is_allowed_and_no_more(loaded):
    settings = loaded(FLOW + DEVICE % "")
    entry = settings["imaging_wish"]["DicomModalities"]["us"]
    assert (entry["AET"], entry["Host"], entry["UseDicomTls"]) == ("US1", "10.0.0.5", True)
    assert (entry["AllowEcho"], entry["AllowStore"], entry["AllowFind"]) == (True, True, False)
    assert "10.0.0.5" in settings["imaging_reachable"]
    assert settings["imaging_missing"] == ["socle"]


def test_other_machines_are_told_nothing(tmp_path):
    folder = tmp_path / "demo"
    shutil.copytree(ROOT / "inventories/demo", folder)
    (folder / "secrets.yml").unlink(missing_ok=True)
    settings = load(folder, root=ROOT).hosts["medecin"].settings
    assert not settings["imaging_server"]
    assert settings["imaging_wish"] == {}
    assert settings["imaging_missing"] == []


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (DEVICE % "", "a flow in firewall_flows that lets 10.0.0.5 in on port 2762"),
        (FLOW + DEVICE % ", tls: false", "a waiver of orthanc-tls"),
        (FLOW + DEVICE.replace("10.0.0.5", "echo.local") % "", "or an IPv4 address"),
        (FLOW + DEVICE.replace("US1", "TITLE-OF-17-CHARS") % "", "1 to 16 characters"),
        (FLOW + DEVICE % ", allow: [delete]", "allow"),
        ("imaging_dicom_tls: 'off'\n", "waiver"),
        ("imaging_aet: ORTHANC\n", "the one everybody knows"),
        ("imaging_dicom_port: 8042\n", "three different ports"),
        ("imaging_certificate: /etc/ssl/images.pem\n", "imaging_key"),
        ("imaging_passwords: {socle: en-clair-et-trop-visible}\n", "secrets.yml"),
    ],
)
def test_what_could_not_work_or_would_be_weaker_is_refused(loaded, lines, said):
    with pytest.raises(BadPractice) as caught:
        loaded(lines)
    assert said in str(caught.value)


def test_a_receiver_needs_no_flow(loaded):
    settings = loaded(DEVICE % ", allow: []")
    assert settings["imaging_reachable"].count("10.0.0.5") == 1
