"""What Superset is asked: a database, its tables as data sets, sums of them, a chart of each school, a page with two charts.

Belongs here: the calls and the drawn page. Does not: the server, what the answers must be.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from bench.screenshot import FLAGS, chromium
from bench.superset.instance import PATIENCE, USER, Superset

AMOUNTS, SCHOOLS = "fct_allocation", "school_allocation"
WINDOW = {"width": 1500, "height": 760}
_PAINTED = """() => [...document.querySelectorAll('.dashboard canvas')].map(canvas => {
  const seen = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
  const colours = new Set();
  for (let at = 0; at < seen.length; at += 4) if (seen[at + 3]) colours.add((seen[at] << 16) | (seen[at + 1] << 8) | seen[at + 2]);
  return colours.size;
})"""
"""Colours that each chart's canvas shows; an empty one shows none."""


@dataclass(frozen=True, slots=True)
class Source:
    """A database as Superset knows it: what it is called there, the address SQLAlchemy takes, the schema of the tables."""

    name: str
    uri: str
    schema: str


def amounts(superset: Superset, database: int, source: Source) -> dict[str, int]:
    """School unit → öre, as Superset adds up the lines."""
    metric = {"expressionType": "SQL", "sqlExpression": "SUM(amount_ore)", "label": "ore"}
    asked = {
        "datasource": {"id": dataset(superset, database, source, AMOUNTS), "type": "table"},
        "queries": [{"columns": ["school_unit_code"], "metrics": [metric], "orderby": [], "row_limit": 50_000}],
        "result_format": "json",
        "result_type": "full",
    }
    (answer,) = superset.post("chart/data", asked)["result"]
    return {row["school_unit_code"]: int(row["ore"]) for row in answer["data"]}


def connect(superset: Superset, source: Source) -> int:
    """The id of a database, made known to Superset."""
    return int(superset.post("database/", {"database_name": source.name, "sqlalchemy_uri": source.uri})["id"])


def dataset(superset: Superset, database: int, source: Source, table: str) -> int:
    """The id of a table, made known to Superset."""
    return int(superset.post("dataset/", {"database": database, "schema": source.schema, "table_name": table})["id"])


def chart(superset: Superset, database: int, source: Source) -> int:
    """A bar per school: kronor per pupil, highest first."""
    kronor = {"expressionType": "SQL", "sqlExpression": "MAX(total_per_pupil_sek)", "label": "Kronor per elev"}
    table = dataset(superset, database, source, SCHOOLS)
    drawn = {
        "viz_type": "echarts_timeseries_bar", "datasource": f"{table}__table", "x_axis": "school_unit_name",
        "metrics": [kronor], "groupby": [], "orientation": "horizontal", "x_axis_sort": "Kronor per elev", "x_axis_sort_asc": True,
        "row_limit": 1000, "show_legend": False, "y_axis_format": ",d", "show_value": True, "color_scheme": "supersetColors",
        "adhoc_filters": [{"clause": "WHERE", "expressionType": "SIMPLE", "subject": "total_per_pupil_sek", "operator": "IS NOT NULL"}],
    }  # fmt: skip
    asked = {
        "slice_name": source.name, "viz_type": drawn["viz_type"], "datasource_id": table, "datasource_type": "table",
        "params": json.dumps(drawn),
    }  # fmt: skip
    return int(superset.post("chart/", asked)["id"])


def page(superset: Superset, charts: dict[int, str], *, title: str) -> int:
    """A dashboard with the charts beside each other."""
    width = 12 // len(charts)
    cells = {
        f"CHART-{number}": {
            "type": "CHART", "id": f"CHART-{number}", "children": [], "parents": ["ROOT_ID", "GRID_ID", "ROW-1"],
            "meta": {"chartId": number, "sliceName": name, "width": width, "height": 72},
        }
        for number, name in charts.items()
    }  # fmt: skip
    layout = {
        "DASHBOARD_VERSION_KEY": "v2",
        "ROOT_ID": {"type": "ROOT", "id": "ROOT_ID", "children": ["GRID_ID"]},
        "GRID_ID": {"type": "GRID", "id": "GRID_ID", "children": ["ROW-1"], "parents": ["ROOT_ID"]},
        "ROW-1": {
            "type": "ROW", "id": "ROW-1", "children": list(cells), "parents": ["ROOT_ID", "GRID_ID"],
            "meta": {"background": "BACKGROUND_TRANSPARENT"},
        },
        **cells,
    }  # fmt: skip
    made = superset.post(
        "dashboard/", {"dashboard_title": title, "position_json": json.dumps(layout), "published": True}
    )
    for number in charts:
        superset.put(f"chart/{number}", {"dashboards": [int(made["id"])]})
    return int(made["id"])


def drawn(superset: Superset, dashboard: int, *, charts: int, picture: Path | None = None) -> list[int]:
    """Colours on the canvas of each chart, once a browser has drawn the page; its picture is kept where one is asked for."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        shown = browser.new_page(viewport=WINDOW)
        shown.set_default_timeout(PATIENCE * 1000)
        shown.route(lambda asked: not asked.startswith(superset.address), lambda route: route.abort())
        shown.request.post(f"{superset.address}/login/", form={"username": USER, "password": superset.password})
        shown.goto(f"{superset.address}/superset/dashboard/{dashboard}/")
        shown.wait_for_function(f"() => document.querySelectorAll('.dashboard canvas').length >= {charts}")
        shown.wait_for_timeout(3000)  # bars grow into place
        colours = shown.evaluate(_PAINTED)
        if picture is not None:
            shown.screenshot(path=str(picture))
        browser.close()
    return [int(number) for number in colours]
