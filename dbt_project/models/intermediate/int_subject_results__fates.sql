-- One row per accepted row of results per subject that does not count: what became of it.
{{ fate_per_row(ref("stg_municipality__subject_results"), keys=["pupil_key"]) }}
