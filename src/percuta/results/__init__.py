"""Results: the datasets that are written, and the endpoints that are read off them."""
