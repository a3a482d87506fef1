"""Costs, staff and state grants of the small world, with every mistake that a sender can make in them once.

Belongs here: rows as the door writes them. Does not: what becomes of them.
"""

from __future__ import annotations

from collections.abc import Callable

ROW = {"delivery_id": "text", "row_number": "int", "municipality_code": "text", "period": "text"}
SCHEMAS: dict[str, dict[str, str]] = {
    "unit_costs": ROW
    | {"school_unit_code": "text", "account_number": "int", "cost_item": "text", "amount_sek": "float"},
    "unit_staff": ROW | {"school_unit_code": "text", "teacher_posts": "float", "certified_posts": "float"},
    "state_grants": ROW
    | dict.fromkeys(["organiser_code", "school_unit_code", "grant_code", "purpose", "bought"], "text")
    | {"granted_sek": "float", "used_sek": "float"},
}
CLOSED = "2021-12-31"
MUNICIPAL, FOREIGN = "2120000000", "5560000000"


def add_accounts(add: Callable[..., None]) -> None:
    """Three deliveries of 9999, and one of costs in thousands of kronor of 9998."""
    teaching = {"school_unit_code": "99990001", "account_number": 5010, "cost_item": "teaching", "amount_sek": 1000.25}
    rows = [
        teaching,
        teaching | {"account_number": 5020, "amount_sek": 0.5},  # another account of the same cost type
        teaching | {"amount_sek": 7.0},  # the same key again
        teaching | {"cost_item": "allocation", "account_number": 3910, "amount_sek": 1500.0},
        teaching | {"school_unit_code": "77777777"},  # a unit nobody knows
    ]
    add("unit_costs", "a-costs", "9999", CLOSED, rows)
    thousands = {"school_unit_code": "10000001", "cost_item": "teaching", "amount_sek": 11_000.0}  # 110 pupils
    add("unit_costs", "a-kkr", "9998", "2022-12-31", [thousands])
    posts = {"school_unit_code": "99990001", "teacher_posts": 8.5, "certified_posts": 6.25}
    staff = [posts, posts | {"school_unit_code": "99990002", "certified_posts": 9.0}]
    add("unit_staff", "a-staff", "9999", CLOSED, staff)
    grant = {
        "organiser_code": MUNICIPAL, "school_unit_code": "99990001", "grant_code": "knowledge_grant", "purpose": "equity",
        "bought": "teacher_posts", "granted_sek": 200.0, "used_sek": 150.0,
    }  # fmt: skip
    grants = [
        grant,
        grant | {"organiser_code": FOREIGN, "school_unit_code": None, "bought": None},  # an organiser as a whole
        grant | {"school_unit_code": "77777777"},
        grant | {"organiser_code": FOREIGN},  # the unit is another's
        grant | {"bought": "other_posts", "used_sek": 200.5},
        grant | {"organiser_code": None},  # a sole trader's number is forgotten at the door
    ]
    add("state_grants", "a-grants", "9999", CLOSED, grants)
