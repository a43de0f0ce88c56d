"""What the command line and the web application call: check, simulate, write. No science lives here."""
