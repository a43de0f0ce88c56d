"""Virtual patients: people as they are published, and what one plan does to each of them."""
