"""What dbt tells while it builds: one line per event from info up, as its reader expects them, and no log of every statement."""

from __future__ import annotations

import json

import pytest
from dbt_common.events.base_types import EventLevel, msg_from_base_event
from dbt_common.events.types import Note

from orchestration import manifest
from orchestration.dbt_program import lines_to_read


@pytest.mark.parametrize("level", [EventLevel.INFO, EventLevel.WARN, EventLevel.ERROR])
def test_an_event_is_told_as_one_line_of_json(level, capsys):
    lines_to_read()(msg_from_base_event(Note(msg="a model\nstands"), level=level))
    (line,) = capsys.readouterr().out.splitlines()
    told = json.loads(line)
    assert (told["info"]["level"], told["info"]["name"]) == (level.value, "Note")
    assert told["data"]["msg"] == "a model\nstands"


@pytest.mark.parametrize("level", [EventLevel.DEBUG, EventLevel.TEST])
def test_what_is_told_of_each_statement_is_passed_over(level, capsys):
    lines_to_read()(msg_from_base_event(Note(msg="select 1"), level=level))
    assert capsys.readouterr().out == ""


def test_dbt_writes_no_second_log_unless_it_is_asked_for():
    assert manifest.QUIET["DBT_LOG_LEVEL_FILE"] == "none"
