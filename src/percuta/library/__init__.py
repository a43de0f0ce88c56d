"""The library: devices, sites, tissues, products, parameters and rules as data files, each value with its source."""
