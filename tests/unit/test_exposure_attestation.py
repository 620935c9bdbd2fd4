"""Attestations as they lie in a practice's folder."""

import json
import time
from datetime import UTC, datetime

import pytest
from exposed import HERE, attested

from socle.errors import SocleError
from socle.exposure import papers, store
from socle.exposure.model import as_text, parse


@pytest.mark.filterwarnings("ignore:Cyclopts application invoked without tokens")
def test_what_lies_in_the_practice_survives_as_text(toy, socle):
    socle("evidence", "keygen", "inventories/p", "--no-passphrase")
    toy.write("exposure.yml", f"public_addresses: [{HERE}]\napproved_by: Dr N.\nmax_age_days: 30\n")
    folder = toy.root / f"state/socle/exposure/{toy.id}"
    folder.mkdir(parents=True)
    (folder / f"x{store.SUFFIX}").write_text(as_text(attested().attestation))
    found = papers.of(toy.folder, datetime.now(UTC))
    assert (found.addresses, found.max_age_days) == ((HERE,), 30)
    assert found.attestations[0].trouble == "x-exposure.json: unsigned"
    assert papers.parse(papers.as_text(found)) == found


@pytest.mark.parametrize("content", [b"[" * 200_000, b'{"format":' * 200_000])
def test_a_file_of_nothing_but_depth_is_no_attestation(content):
    with pytest.raises(SocleError, match=r"x\.json: its lists are too deep"):
        parse(content, "x.json")


def test_a_port_that_is_named_often_costs_once():
    document = json.loads(as_text(attested().attestation))
    document["scans"][0]["closed"] = {"silent": ",".join(["1-65535"] * 1000)}
    began = time.process_time()
    [scan] = parse(json.dumps(document).encode(), "x.json").scans
    assert scan.closed == {"silent": "1-65535"}
    assert time.process_time() - began < 2  # each of the 1000 took 10 ms
