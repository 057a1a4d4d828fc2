"""Interval factors and gains of a site from some of its own 12-lead recordings.

    rlecg calibrate-site --data FOLDER --name NAME [--out FILE] [--most N]
    rlecg calibrate-site --data FOLDER --name NAME --online

FOLDER holds a database that the product knows or WFDB records; of each recording the first ten seconds are
used, all twelve leads must be there. Five recordings are the least, fifty are better. The result is a small
JSON file without patient data, kept under the site's name (folder $RLECG_SITES, else .rlecg/sites in the
home) unless --out says otherwise; rlecg reconstruct --site NAME and the page Review use it. --online goes
on from the site's file: its factors move after each of the recordings. The file keeps nothing by which it
could know a recording again: those that were counted before count again, so give new ones alone."""

from __future__ import annotations

import argparse
from pathlib import Path

from models.cli.frame import Command, whole_number


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument(
        "--data",
        type=Path,
        required=True,
        metavar="FOLDER",
        help="the site's recordings; no other's below it",
    )
    parser.add_argument("--name", required=True, help="what the site is called")
    parser.add_argument("--model", help="a trained model (default: the first that rlecg models prints)")
    parser.add_argument("--out", type=Path, help="file to write (default: one kept under the name)")
    parser.add_argument(
        "--most", type=whole_number(), help="recordings to use at most, in the order of their names"
    )
    parser.add_argument(
        "--online",
        action="store_true",
        help="go on from the site's file with new recordings; those counted before would count again",
    )
    parser.add_argument(
        "--threads", type=whole_number(), default=1, help="CPU threads (default: %(default)s)"
    )


def work(options: argparse.Namespace) -> None:
    """Do the command with these options."""
    import torch

    from models import load, sites
    from models.training.site import begun_site, calibrate_site, local_material

    torch.set_num_threads(options.threads)
    model = load(options.model).name
    path = options.out or sites.path_of(options.name)
    if options.online and not path.is_file():
        there = ", ".join(sites.local_sites()) or "none yet"
        raise ValueError(
            f"There is no site file {path.name!r} to go on from; known sites: {there}. Without --online "
            "it is begun."
        )
    begun = begun_site(model, options.name, path) if options.online else None
    material = local_material(model, options.data, options.most)
    calibration = calibrate_site(model, options.name, material, begun)
    calibration.write(path)
    print(f"{path}: {calibration.label}; {calibration.basis}")
    if begun is not None:
        print(
            f"{len(material)} recordings were added to {begun.recordings}. Recordings that were counted "
            "before count again: nothing is kept by which they could be known."
        )


COMMAND = Command(arguments, work)
