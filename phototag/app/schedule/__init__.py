"""Regular runs of `index`: a systemd timer or a line in the crontab, and what such a run does."""
