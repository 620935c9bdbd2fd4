"""An attempt and the rules' counters are one question; nft is a stand-in."""

import pytest
from programs import StandIns

from roles.firewall.nftables import attempt

COUNTER = '{"nftables": [{"metainfo": {}}, {"counter": {"packets": %s, "bytes": 0}}]}'


@pytest.mark.parametrize(("step", "rejected"), [(0, 0), (2, 2)])
def test_an_attempt_and_its_counters_are_one_live_question(tmp_path, step, rejected):
    host = StandIns(tmp_path)
    (tmp_path / "count").write_text("5")
    more = f"n=$(cat {tmp_path}/count); echo $((n + {step})) >{tmp_path}/count"
    host.program("nft", f"{more}; printf '{COUNTER}\\n' $n")
    assert attempt(host, "127.0.0.1", 1, ("inet t", "c")) == (False, rejected)
    assert host.asked == [{"live": True}]


def test_without_its_counter_an_attempt_says_nothing(tmp_path):
    host = StandIns(tmp_path)
    host.program("nft", "exit 1")
    with pytest.raises(RuntimeError, match="no counter c in table inet t"):
        attempt(host, "127.0.0.1", 1, ("inet t", "c"))
