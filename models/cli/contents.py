"""Which commands there are: read from the folders, so that a new file is a new command."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass

GROUPS = ("clinician", "making", "judging", "timing")
"""Those first, in this order; the others follow by name."""


def first_sentence(doc: str | None) -> str:
    """The first sentence of a docstring, on one line."""
    paragraph = " ".join((doc or "").split("\n\n")[0].split())
    return paragraph.split(". ")[0].rstrip(".")


@dataclass(frozen=True)
class Tree:
    """Commands below one word. name: as it is typed ("rlecg study"). package: where the groups lie."""

    name: str
    package: str

    def groups(self) -> dict[str, str]:
        """Dotted name of each group's folder -> its title."""
        folder = importlib.import_module(self.package)
        names = [module.name for module in pkgutil.iter_modules(folder.__path__) if module.ispkg]
        ordered = sorted(
            names, key=lambda name: (GROUPS.index(name) if name in GROUPS else len(GROUPS), name)
        )
        modules = [f"{self.package}.{name}" for name in ordered]
        return {module: first_sentence(importlib.import_module(module).__doc__) for module in modules}

    def commands(self, group: str) -> dict[str, str]:
        """Name of each command of a group -> its module."""
        folder = importlib.import_module(group)
        return {
            module.name.replace("_", "-"): f"{group}.{module.name}"
            for module in pkgutil.iter_modules(folder.__path__)
        }

    def all(self) -> dict[str, str]:
        """Name of every command -> its module."""
        return {name: module for group in self.groups() for name, module in self.commands(group).items()}

    def below(self, command: str) -> Tree | None:
        """The commands below a command, or None where it has none."""
        module = importlib.import_module(self.all()[command])
        return (
            Tree(f"{self.name} {command}", module.__name__)
            if module.__spec__.submodule_search_locations
            else None
        )

    def text(self) -> str:
        """The table of contents."""
        return "\n".join([*self._lines(), "", f"{self.name} COMMAND --help says the rest of each."])

    def _lines(self) -> Iterator[str]:
        yield (importlib.import_module(self.package).__doc__ or "").split("\n\n")[0]
        width = max(map(len, self.all())) + 2
        for group, title in self.groups().items():
            yield f"\n{title}"
            for name, module in self.commands(group).items():
                yield f"  {name:{width}}{first_sentence(importlib.import_module(module).__doc__)}"
