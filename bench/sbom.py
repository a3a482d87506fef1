"""The bill of materials (CycloneDX 1.6) of what a run needs, from the lock, and the list of licences.

Belongs here: joining what the lock says (names, versions, hashes) with what the installed packages say of their licences,
by the CycloneDX project's own tool. Does not: judging licences, looking for vulnerabilities.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements" / "run.txt"
TARGET = ROOT / "build"
NOT_HERE = "not installed here (another platform)"
UNSTATED = "not stated"


def tool(*arguments: str) -> dict[str, Any]:
    """One bill of materials, made by ``cyclonedx-py``."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bom.json"
        command = [str(Path(sys.executable).with_name("cyclonedx-py")), *arguments[:1], "--sv", "1.6", "--of", "JSON"]
        subprocess.run([*command, "--output-reproducible", "-o", str(path), *arguments[1:]], check=True)
        return json.loads(path.read_text(encoding="utf-8"))


def joined(locked: Mapping[str, Any], installed: Mapping[str, Any], *, version: str) -> dict[str, Any]:
    """The lock's bill with the licences that the installed packages of the same name and version state.

    Raises ValueError where the result is not CycloneDX 1.6.
    """
    licences = {_key(each): each.get("licenses", []) for each in installed["components"]}
    components = []
    for each in locked["components"]:
        kept = {name: value for name, value in each.items() if name != "description"}  # it repeats the lock's line
        found = licences.get(_key(each))
        components.append(kept | ({"licenses": found} if found else {}))
    told = {**locked, "components": components}
    told["metadata"] = locked["metadata"] | {
        "component": {"type": "application", "bom-ref": "likvard", "name": "likvard", "version": version}
    }
    text = json.dumps(told)
    if fault := JsonStrictValidator(SchemaVersion.V1_6).validate_str(text):
        raise ValueError(f"the bill of materials is not CycloneDX 1.6: {fault}")
    return told


def licence_list(bill: Mapping[str, Any], installed: Mapping[str, Any]) -> str:
    """Name, version and licence of every component, as Markdown."""
    here = {_key(each) for each in installed["components"]}
    rows = []
    for each in sorted(bill["components"], key=lambda each: each["name"].lower()):
        missing = UNSTATED if _key(each) in here else NOT_HERE
        rows.append(f"| {each['name']} | {each['version']} | {licence(each) or missing} |")
    return "\n".join(["# Licences", "", "| package | version | licence |", "|---|---|---|", *rows, ""])


def licence(component: Mapping[str, Any]) -> str:
    """What a component says of its licence: an expression, or names; empty where it says nothing."""
    stated = [
        each.get("expression") or each["license"].get("id") or each["license"].get("name")
        for each in component.get("licenses", [])
    ]
    return ", ".join(sorted({text.splitlines()[0] for text in stated if text}))


def _key(component: Mapping[str, Any]) -> tuple[str, str]:
    return component["name"].lower().replace("_", "-").replace(".", "-"), component["version"]


def main() -> None:
    """Write ``build/sbom.cdx.json`` and ``build/licences.md``."""
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    installed = tool("environment", sys.executable)
    bill = joined(tool("requirements", str(LOCK)), installed, version=project["version"])
    TARGET.mkdir(exist_ok=True)
    (TARGET / "sbom.cdx.json").write_text(json.dumps(bill, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    listed = licence_list(bill, installed)
    (TARGET / "licences.md").write_text(listed, encoding="utf-8")
    print(f"{len(bill['components'])} components: build/sbom.cdx.json, build/licences.md")
    print(f"without a stated licence: {listed.count(f'| {UNSTATED} |')}; for other platforms: {listed.count(NOT_HERE)}")


if __name__ == "__main__":
    main()
