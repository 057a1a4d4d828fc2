"""The optimisers a plan can name: Adam and AdamW (weights decay, biases and scales do not), and Muon.

Muon (K. Jordan and others, 2024, https://kellerjordan.github.io/posts/muon/) makes the step of each weight
matrix orthogonal, so that all its directions move alike; its steps are sized like AdamW's
(doi:10.48550/arXiv.2502.16982), which moves the rest. A convolution counts as the matrix of its first
dimension against all others. The library orthogonalises in bfloat16; a processor without units for it takes
twenty times as long as in float32, so there the same iteration is done in float32.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from models.blocks.number_formats import has_bfloat16
from models.training.plan import Plan


def _adam(
    kind: type[torch.optim.Optimizer],
) -> Callable[[Sequence[nn.Parameter], Plan], torch.optim.Optimizer]:
    def build(parameters: Sequence[nn.Parameter], plan: Plan) -> torch.optim.Optimizer:
        groups = [
            {"params": [p for p in parameters if p.ndim > 1], "weight_decay": plan.weight_decay},
            {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
        ]
        return kind([group for group in groups if group["params"]], lr=plan.learning_rate, fused=True)  # type: ignore[call-arg]

    return build


def orthogonalised(
    matrix: Tensor, coefficients: tuple[float, float, float], steps: int, eps: float
) -> Tensor:
    """The nearest orthogonal matrix, nearly, by Newton-Schulz iteration in the matrix's own number format."""
    a, b, c = coefficients
    x = matrix.T if matrix.shape[0] > matrix.shape[1] else matrix
    x = x / x.norm().clamp_min(eps)
    for _ in range(steps):
        gram = x @ x.T
        x = torch.addmm(x, torch.addmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x.T if matrix.shape[0] > matrix.shape[1] else x


class Float32Muon(torch.optim.Muon):
    """The library's Muon, sized like AdamW, with float32 in place of bfloat16; its state is the library's."""

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """One step of every matrix by its gradient."""
        for group in self.param_groups:
            for matrix in (parameter for parameter in group["params"] if parameter.grad is not None):
                state = self.state[matrix]
                if "momentum_buffer" not in state:
                    state["momentum_buffer"] = torch.zeros_like(matrix.grad)
                momentum = state["momentum_buffer"]
                momentum.lerp_(matrix.grad, 1 - group["momentum"])
                ahead = matrix.grad.lerp(momentum, group["momentum"])
                move = orthogonalised(ahead, group["ns_coefficients"], group["ns_steps"], group["eps"])
                matrix.mul_(1 - group["lr"] * group["weight_decay"])
                matrix.add_(move, alpha=-group["lr"] * 0.2 * max(matrix.shape) ** 0.5)


class Muon:
    """Muon for everything of two or more dimensions, AdamW for the rest, behind the face of one optimiser."""

    def __init__(self, parameters: Sequence[nn.Parameter], plan: Plan) -> None:
        self.matrices = [p for p in parameters if p.ndim > 1]
        self.flat = [nn.Parameter(p.data.view(len(p), -1)) for p in self.matrices]  # the same memory
        kind = torch.optim.Muon if has_bfloat16(self.matrices[0].device) else Float32Muon
        self.parts = [
            kind(
                self.flat,
                lr=plan.learning_rate,
                weight_decay=plan.weight_decay,
                adjust_lr_fn="match_rms_adamw",
            ),
            torch.optim.AdamW(
                [p for p in parameters if p.ndim <= 1], lr=plan.learning_rate, weight_decay=0.0, fused=True
            ),
        ]

    @property
    def param_groups(self) -> list[dict]:
        """The groups of both optimisers."""
        return [group for part in self.parts for group in part.param_groups]

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients."""
        for part in self.parts:
            part.zero_grad(set_to_none)
        for matrix in self.matrices:
            matrix.grad = None

    def step(self) -> None:
        """One step of all parameters by their gradients."""
        for matrix, flat in zip(self.matrices, self.flat, strict=True):
            flat.grad = None if matrix.grad is None else matrix.grad.reshape(len(matrix), -1)
        for part in self.parts:
            part.step()

    def state_dict(self) -> dict[str, list[dict]]:
        """The state of both optimisers, to go on from."""
        return {"parts": [part.state_dict() for part in self.parts]}

    def load_state_dict(self, state: dict[str, list[dict]]) -> None:
        """Go on from ``state_dict``."""
        for part, part_state in zip(self.parts, state["parts"], strict=True):
            part.load_state_dict(part_state)


_KINDS = {"adam": _adam(torch.optim.Adam), "adamw": _adam(torch.optim.AdamW), "muon": Muon}


def optimiser_for(model: nn.Module, plan: Plan) -> torch.optim.Optimizer | Muon:
    """The optimiser of the plan over all parameters of a model that is where it will be trained. Raises
    ValueError naming those there are."""
    if plan.optimiser not in _KINDS:
        raise ValueError(f"no optimiser {plan.optimiser!r}; there are {', '.join(_KINDS)}")
    return _KINDS[plan.optimiser](list(model.parameters()), plan)
