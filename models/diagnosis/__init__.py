"""Is the diagnosis preserved? One classifier of the PTB-XL superclasses, and what it says of reconstructed
leads."""
