"""Does the diagnosis survive? One classifier of the PTB-XL superclasses, and what it says of reconstructed
leads."""
