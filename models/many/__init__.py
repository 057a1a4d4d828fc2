"""Commands on many recordings: ``jobs`` says what is done with some of them, ``run`` goes through a list and
writes partitioned tables."""
