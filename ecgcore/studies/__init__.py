"""What the studies found, read from their tables and summed up; a module or folder a subject."""
