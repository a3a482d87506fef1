-- One row per accepted row of results per subject that does not count: what became of it.
{{ fate_per_staged_row(ref("stg_municipality__subject_results"), key="pupil_key") }}
