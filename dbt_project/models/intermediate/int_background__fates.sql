-- One row per accepted background row that does not count: what became of it.
{{ fate_per_row(ref("stg_municipality__background"), keys=["pupil_key"]) }}
