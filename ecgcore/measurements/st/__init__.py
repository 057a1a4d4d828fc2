"""The ST segment: level and shape, recorded against reconstructed, and the thresholds it is held against."""
