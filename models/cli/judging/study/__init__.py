"""One subject over many recordings: makes its stored table and prints it.

Each subject has the same name in ``models/studies`` (makes the table), ``ecgcore/studies`` (reads it and sums
it up), ``ecgcore/figures`` (draws it) and ``pages/views`` (shows it).
"""
