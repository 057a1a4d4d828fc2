"""ECG paper: the geometry of the sheet, the traces on it, median beats and calipers."""
