-- One row per accepted background row that does not count: what became of it.
{{ fate_per_staged_row(ref("stg_municipality__background"), key="pupil_key") }}
