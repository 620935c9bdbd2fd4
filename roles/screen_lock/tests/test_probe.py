"""What the room's script does to login files that belong to others."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "files/probe.sh"


def without_autologin(path: Path) -> str:
    text = SCRIPT.read_text()
    function = text[text.index("without_autologin()") : text.index("login_files()")]
    done = subprocess.run(
        ["sh", "-c", f'{function}\nwithout_autologin "$1"', "sh", path],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        (
            "daemon.conf",
            "[daemon]\nAutomaticLoginEnable = True\nAutomaticLogin=camille\nWaylandEnable=false\n"
            "[xdmcp]\nEnable=true\n[debug]\nEnable=true\n",
            "[daemon]\n# Socle: AutomaticLoginEnable = True\n# Socle: AutomaticLogin=camille\n"
            "WaylandEnable=false\n[xdmcp]\n# Socle: Enable=true\n[debug]\nEnable=true\n",
        ),
        (
            "daemon.conf",
            "[daemon]\n# AutomaticLoginEnable = true\nTimedLoginEnable=false\n",
            "[daemon]\n# AutomaticLoginEnable = true\nTimedLoginEnable=false\n",
        ),
        (
            "lightdm.conf",
            "[Seat:*]\nautologin-user=live\nautologin-session=xfce\ngreeter-hide-users=false\n",
            "[Seat:*]\n# Socle: autologin-user=live\nautologin-session=xfce\n"
            "# Socle: greeter-hide-users=false\n",
        ),
        ("sddm.conf", "[Autologin]\nUser=live\n", "[Autologin]\n# Socle: User=live\n"),
        ("sddm.conf", "[Users]\nUser=live\n", "[Users]\nUser=live\n"),
        ("sddm.conf", "[Autologin] # x\nUser=a # y\n", "[Autologin] # x\n# Socle: User=a # y\n"),
        (
            "getty@tty1.conf",
            "[Service]\nExecStart=\nExecStart=-/sbin/agetty --autologin live --noclear %I $TERM\n",
            "[Service]\nExecStart=\nExecStart=-/sbin/agetty --noclear %I $TERM\n",
        ),
        (
            "autovt.conf",
            "[Service]\n ExecStart = -/sbin/agetty --autologi=live -acamille %I $TERM\n",
            "[Service]\n ExecStart = -/sbin/agetty %I $TERM\n",
        ),
        (
            "serial-getty.conf",
            "ExecStart=-/sbin/agetty -a root --keep-baud 115200 %I\n",
            "ExecStart=-/sbin/agetty --keep-baud 115200 %I\n",
        ),
    ],
)
def test_only_what_logs_in_by_itself_goes(tmp_path, name, before, after):
    file = tmp_path / name
    file.write_text(before)
    assert without_autologin(file) == after
    file.write_text(after)
    assert without_autologin(file) == after
