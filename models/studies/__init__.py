"""Studies over databases: each module makes the tables of one subject."""
