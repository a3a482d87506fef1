"""The forecast of pupils: assets."""
