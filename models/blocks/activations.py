"""What a network makes of its input leads while they are still apart."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from torch import Tensor


class Activations(NamedTuple):
    """All that a network makes of its input leads before it adds them up.

    values: (n_leads, n_steps, channels) each, in the order of the observed leads; of them ``behind`` makes
    the estimate (1, 8, n) mV. silent: what they are for a lead that says nothing.
    """

    values: tuple[Tensor, ...]
    silent: tuple[Tensor, ...]
    behind: Callable[..., Tensor]
