"""The bill of materials is CycloneDX 1.6, holds every pin of the lock with its hashes, and says who stated no licence."""

from __future__ import annotations

import pytest

from bench.sbom import LOCK, NOT_HERE, UNSTATED, joined, licence, licence_list, tool

INSTALLED = {
    "components": [
        {"name": "numpy", "version": "2.4.6", "licenses": [{"expression": "BSD-3-Clause AND MIT"}]},
        {"name": "Silent", "version": "1.0"},
        {"name": "agate", "version": "0.1", "licenses": [{"license": {"id": "MIT"}}]},
    ]
}


@pytest.fixture(scope="module")
def bill(tmp_path_factory: pytest.TempPathFactory) -> dict:
    """From a lock of three lines, by the real tool."""
    lock = tmp_path_factory.mktemp("lock") / "run.txt"
    taken = LOCK.read_text(encoding="utf-8").split("\n")
    numpy = next(i for i, line in enumerate(taken) if line.startswith("numpy=="))
    lock.write_text("\n".join([*taken[numpy : numpy + 2]]).rstrip(" \\") + "\nagate==1.9.1\nsilent==1.0\n")
    return joined(tool("requirements", str(lock)), INSTALLED, version="1.2.3")


def test_every_pin_stands_with_its_hash_and_the_licence_of_that_very_version(bill: dict):
    assert (bill["specVersion"], bill["metadata"]["component"]["version"]) == ("1.6", "1.2.3")
    told = {each["name"]: (licence(each), each) for each in bill["components"]}
    assert sorted(told) == ["agate", "numpy", "silent"]
    assert told["numpy"][0] == "BSD-3-Clause AND MIT"
    assert told["agate"][0] == "", "another version's licence proves nothing"
    assert told["numpy"][1]["externalReferences"][0]["hashes"][0]["alg"] == "SHA-256"


def test_the_list_says_who_stated_nothing_and_who_is_not_here(bill: dict):
    rows = licence_list(bill, INSTALLED).splitlines()
    assert f"| silent | 1.0 | {UNSTATED} |" in rows
    assert f"| agate | 1.9.1 | {NOT_HERE} |" in rows


def test_what_is_no_bill_of_materials_is_refused(bill: dict):
    broken = {**bill, "components": [{"type": "nothing", "name": "x", "version": "1"}]}
    with pytest.raises(ValueError, match="not CycloneDX"):
        joined(broken, INSTALLED, version="1")
