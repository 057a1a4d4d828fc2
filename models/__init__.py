"""Reconstruction models: the only home of torch.

Commands under their earlier names (``python -m models.train``) lie in ``models/commands``.
"""

from pathlib import Path

__path__.append(str(Path(__file__).parent / "commands"))
