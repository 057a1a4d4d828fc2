"""Which number formats a processor is fast in: bfloat16 where it has units for it, float32 where it would
have to imitate them."""

from __future__ import annotations

from contextlib import AbstractContextManager

import torch

UNITS = ("avx512_bf16", "amx_bf16", "bf16")
"""What processors call their units for bfloat16: x86 (two of them) and ARM."""


def has_bfloat16(device: torch.device | str = "cpu") -> bool:
    """Whether a device multiplies bfloat16 in hardware."""
    if torch.device(device).type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    able = torch.cpu.get_capabilities() if torch.device(device).type == "cpu" else {}
    return any(able.get(unit, False) for unit in UNITS)


def narrow(wanted: bool = True) -> AbstractContextManager[object]:
    """Networks on this processor compute in bfloat16 within the block, where it has units for it: half the
    time, half the digits."""
    return torch.autocast("cpu", torch.bfloat16, enabled=wanted and has_bfloat16())


def in_words(device: torch.device, mixed: bool, orthogonal: bool) -> str:
    """What a training computes in, for its log. mixed: whether its plan wants mixed precision; orthogonal:
    whether its optimiser is Muon."""
    half = has_bfloat16(device)
    formats = {"forward and backward pass": half and mixed} | (
        {"Muon's orthogonalisation": half} if orthogonal else {}
    )
    parts = [f"{part} in {'bfloat16' if narrow else 'float32'}" for part, narrow in formats.items()]
    return f"{', '.join(parts)}; this {device.type} has {'' if half else 'no '}units for bfloat16"
