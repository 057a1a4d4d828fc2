"""Where P, QRS and T begin and end: two opinions on every edge, voted to one mark or none."""
