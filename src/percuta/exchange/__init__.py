"""Files that other programs read: NetCDF and VTK image data of computed fields."""
