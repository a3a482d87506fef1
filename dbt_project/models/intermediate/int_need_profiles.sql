-- One row per combination of levels of the eight factors, with the number that stands for it where pupils are counted
-- (`need_profile`).
{{ all_need_profiles() }}
