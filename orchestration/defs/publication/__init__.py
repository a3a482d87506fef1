"""Publication: judged, sealed, proposed."""
