"""The accepted tables: columns, types and row keys of every source. No parsing here; the warehouse reads these."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

_TEXT, _INT, _FLOAT, _DATE, _BOOL = pa.string(), pa.int32(), pa.float64(), pa.date32(), pa.bool_()

LEAD = (("delivery_id", _TEXT), ("row_number", _INT), ("municipality_code", _TEXT), ("period", _TEXT))

SUBJECTS = ("swedish", "english", "mathematics")
"""Subjects that cohorts are followed in; Swedish is either of the two Swedish subjects."""

_PUBLISHED = (  # columns of the national export that carry a value and the way it was published
    ("pupil_count_grade_f", _INT),
    ("girl_share_grade_f", _FLOAT),
    ("pupil_count_grades_1_9", _INT),
    ("girl_share_grades_1_9", _FLOAT),
    ("foreign_background_share", _FLOAT),
    ("post_secondary_share", _FLOAT),
    *((f"pupil_count_grade_{grade}", _INT) for grade in range(1, 10)),
)

_BACKGROUND = (
    ("guardian_education", _TEXT),
    ("immigration_year", _INT),
    ("household_income_quintile", _INT),
    ("has_econ_assistance", _BOOL),
    ("is_boy", _BOOL),
    ("lives_with_both", _BOOL),
    ("sibling_count", _INT),
    ("area_type", _INT),
)

_COLUMNS: Mapping[str, tuple[tuple[str, pa.DataType], ...]] = {
    "enrollment": (
        ("pupil_key", _TEXT),
        ("school_unit_code", _TEXT),
        ("school_form", _TEXT),
        ("grade", _TEXT),
        ("valid_from", _DATE),
        ("valid_to", _DATE),
        ("home_municipality_code", _TEXT),
        ("is_sva", _BOOL),
        ("mother_tongue", _TEXT),
        ("entered_swedish_school_date", _DATE),
        ("is_asylum_seeker", _BOOL),
        ("has_leisure_time_centre", _BOOL),
        ("id_type", _TEXT),
        ("birth_year", _INT),
    ),
    "background": (("pupil_key", _TEXT), *_BACKGROUND),
    "results": (
        ("pupil_key", _TEXT),
        ("school_unit_code", _TEXT),
        ("grade", _TEXT),
        ("is_eligible_vocational", _BOOL),
        ("merit_value", _FLOAT),
    ),
    "subject_results": (
        ("pupil_key", _TEXT),
        ("school_unit_code", _TEXT),
        ("grade", _TEXT),
        ("reading_check", _BOOL),
        *((f"parts_passed_{subject}", _FLOAT) for subject in ("swedish", "mathematics")),
        *((f"judgement_{subject}", _BOOL) for subject in SUBJECTS),
        *((f"test_{subject}", _TEXT) for subject in SUBJECTS),
        *((f"grade_{subject}", _TEXT) for subject in SUBJECTS),
        ("all_subjects_passed", _BOOL),
    ),
    "protected_counts": (("school_unit_code", _TEXT), ("grade", _TEXT), ("pupil_count", _INT)),
    "delivered_index": (("school_unit_code", _TEXT), ("index_value", _FLOAT), ("pupil_count", _INT)),
    "unit_costs": (
        ("school_unit_code", _TEXT),
        ("account_number", _INT),
        ("cost_item", _TEXT),
        ("amount_sek", _FLOAT),
    ),
    "unit_staff": (("school_unit_code", _TEXT), ("teacher_posts", _FLOAT), ("certified_posts", _FLOAT)),
    "state_grants": (
        ("organiser_code", _TEXT),
        ("school_unit_code", _TEXT),
        ("grant_code", _TEXT),
        ("purpose", _TEXT),
        ("bought", _TEXT),
        ("granted_sek", _FLOAT),
        ("used_sek", _FLOAT),
    ),
    "school_register": (
        ("school_unit_code", _TEXT),
        ("school_unit_name", _TEXT),
        ("organiser_code", _TEXT),
        ("organiser_name", _TEXT),
        ("organiser_type", _TEXT),
        ("location_municipality_code", _TEXT),
        ("grades", _TEXT),
        ("status", _TEXT),
        ("valid_from", _DATE),
        ("valid_to", _DATE),
        ("predecessor_codes", _TEXT),
    ),
    "form_unit": (
        ("school_unit_code", _TEXT),
        ("school_form", _TEXT),
        ("unit_name", _TEXT),
        ("organiser_type", _TEXT),
    ),
    "form_enrollment": (
        ("pupil_key", _TEXT),
        ("school_unit_code", _TEXT),
        ("school_form", _TEXT),
        ("stage", _TEXT),
        ("hours", _TEXT),
        ("programme", _TEXT),
        ("track", _TEXT),
        ("study_path", _TEXT),
        ("course_points", _INT),
        ("valid_from", _DATE),
        ("valid_to", _DATE),
        ("home_municipality_code", _TEXT),
        ("admission_merit_value", _FLOAT),
        ("prior_education", _TEXT),
        ("has_other_mother_tongue", _BOOL),
        *_BACKGROUND,
        ("id_type", _TEXT),
        ("birth_year", _INT),
    ),
    "skolverket_enrollment": (
        ("school_unit_code", _TEXT),
        ("school_unit_name", _TEXT),
        ("location_municipality_name", _TEXT),
        ("organiser_type", _TEXT),
        ("organiser_name", _TEXT),
        ("organiser_code", _TEXT),
        *(pair for name, kind in _PUBLISHED for pair in ((name, kind), (f"{name}_code", _TEXT))),
    ),
    "skolverket_results": (
        ("school_unit_code", _TEXT),
        ("metric", _TEXT),
        ("school_year", _TEXT),
        ("value", _FLOAT),
        ("value_code", _TEXT),
    ),
}

SOURCES = tuple(_COLUMNS)

ACCEPTED: Mapping[str, pa.Schema] = {source: pa.schema([*LEAD, *columns]) for source, columns in _COLUMNS.items()}

ROW_KEYS: Mapping[str, tuple[str, ...]] = {  # what may stand once in a file
    "enrollment": ("pupil_key", "school_unit_code", "grade"),
    "background": ("pupil_key",),
    "results": ("pupil_key",),
    "subject_results": ("pupil_key",),
    "protected_counts": ("school_unit_code", "grade"),
    "delivered_index": ("school_unit_code",),
    "unit_costs": ("school_unit_code", "account_number", "cost_item"),
    "unit_staff": ("school_unit_code",),
    "state_grants": ("organiser_code", "school_unit_code", "grant_code", "bought"),
    "school_register": ("school_unit_code",),
    "form_unit": ("school_unit_code", "school_form"),
    "form_enrollment": ("pupil_key", "school_unit_code", "school_form"),
    "skolverket_enrollment": ("school_unit_code",),
    "skolverket_results": ("school_unit_code", "metric", "school_year"),
}

DELIVERIES = pa.schema(
    [
        ("delivery_id", _TEXT),
        ("source", _TEXT),
        ("municipality_code", _TEXT),
        ("period", _TEXT),
        ("received_number", _INT),
        ("sha256", _TEXT),
        ("encoding", _TEXT),
        ("status", _TEXT),
        ("refusal_code", _TEXT),
        ("physical_rows", _INT),
        ("header_rows", _INT),
        ("blank_rows", _INT),
        ("accepted_rows", _INT),
        ("rejected_rows", _INT),
        ("is_latest", _BOOL),
    ]
)

FINDINGS = pa.schema(
    [
        ("delivery_id", _TEXT),
        ("source", _TEXT),
        ("municipality_code", _TEXT),
        ("period", _TEXT),
        ("reason_code", _TEXT),
        ("severity", _TEXT),
        ("row_count", _INT),
    ]
)

NATIONAL = "0000"  # municipality_code of a delivery that concerns the whole country
