"""The command line: one file per command, no science and no rule."""
