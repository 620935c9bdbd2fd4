"""Virtual machines, as far as they can be told without booting one."""

from __future__ import annotations

import json
import socket
import threading
from pathlib import Path

import pytest

from socle.lab import LabError
from socle.lab.vm import UsbDisk, VirtualMachine, run
from socle.lab.vm.monitor import connected, monitor
from socle.lab.vm.qemu import command_line
from socle.lab.vm.recipe import files


def test_two_folders_are_two_machines(tmp_path):
    one, other = (VirtualMachine("portable", tmp_path / name) for name in ("a", "b"))
    assert one.tag != other.tag
    assert one.tag == VirtualMachine("portable", tmp_path / "a", memory=2048).tag


@pytest.mark.parametrize("disks", [{"Data": 1}, {"a" * 20: 1}, {f"d{n}": 1 for n in range(9)}])
def test_disks_that_the_machine_would_see_otherwise_are_refused(tmp_path, disks):
    with pytest.raises(LabError, match=r"expected|at most 8"):
        VirtualMachine("portable", tmp_path, disks=disks)


def test_a_serial_number_that_would_be_cut_is_refused():
    with pytest.raises(LabError, match="at most 20"):
        UsbDisk("stick", 64, serial="S" * 21)


def test_a_machine_that_was_not_started_says_so(tmp_path):
    with pytest.raises(LabError, match="was not started"):
        run(VirtualMachine("portable", tmp_path), "true")


def test_a_comma_in_the_folder_does_not_become_an_option(tmp_path):
    vm = VirtualMachine("portable", tmp_path / "a,b")
    words = command_line(vm, Path("/image"), vm.folder / "root.qcow2")
    assert f"file.filename={tmp_path}/a,,b/root.qcow2" in " ".join(words)


def test_the_root_is_encrypted_unless_it_shall_not_be(tmp_path):
    assert "cryptroot" in files(encrypted=True)["etc/crypttab"]
    assert "etc/crypttab" not in files(encrypted=False)
    plain = VirtualMachine("portable", tmp_path, encrypted=False)
    assert "root=/dev/vda " in " ".join(command_line(plain, Path("/image"), Path("/disk")))


def test_the_monitor_passes_over_events_and_quotes_refusals(tmp_path):
    deep = tmp_path / ("a-very-long-name-" * 10)
    deep.mkdir()
    said = []

    def qemu(listener):
        with listener.accept()[0] as link, link.makefile("rw") as stream:
            print('{"QMP": {}}', file=stream, flush=True)
            for answer in ({"return": {}}, {"error": {"desc": "no such node"}}):
                said.append(json.loads(stream.readline()))
                print('{"event": "RESUME"}', json.dumps(answer), sep="\n", file=stream, flush=True)

    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "qmp.sock"))  # a path of its own length, then moved
        (tmp_path / "qmp.sock").rename(deep / "qmp.sock")
        listener.listen()
        thread = threading.Thread(target=qemu, args=(listener,))
        thread.start()
        with monitor(deep) as machine, pytest.raises(LabError, match="device_del: no such node"):
            machine("device_del", node_name="x")
        thread.join()
    assert said[1] == {"execute": "device_del", "arguments": {"node-name": "x"}}
    with pytest.raises(LabError, match="does not answer"), monitor(deep):
        pass
    with pytest.raises(OSError, match="refused"), connected(deep, "qmp.sock"):
        pass
