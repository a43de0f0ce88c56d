"""The report: one self-contained HTML page with SVG charts and a session sheet, made from the files of a result."""
