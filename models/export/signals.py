"""The filters of ``ecgcore.signals`` in plain torch, for any length of signal: what is written into a graph.

Lengths are taken from the signal as tensors, so that a trace keeps them open.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import torch
from scipy import signal
from torch import Tensor, nn
from torch.nn import functional as F

DECAY = 1e-17
"""What a filter's memory has faded to where it is cut off."""


def length(values: Tensor) -> Tensor:
    """The number of samples, as a tensor."""
    return torch.as_tensor(values.shape[-1])


def held(values: Tensor, before: int, after: int) -> Tensor:
    """(k, n) with its first and last samples repeated."""
    first, last = values[:, :1].expand(-1, before), values[:, -1:].expand(-1, after)
    return torch.cat([first, values, last], 1)


class HighPass(nn.Module):
    """``filter_array`` with a lower edge alone: the Butterworth filter forward and backward, in double
    precision.

    A recursive filter as products of matrices: within blocks directly, from block to block by its two states,
    whose memory fades within a few seconds.
    """

    def __init__(self, rate: int, low_hz: float, order: int = 2) -> None:
        super().__init__()
        if order != 2:
            raise ValueError("The exported filter is one section of second order.")
        sos = signal.butter(order, low_hz, "highpass", fs=rate, output="sos")
        b, a = sos[0, :3], sos[0, 3:]
        step = np.array([[-a[1], 1.0], [-a[2], 0.0]])
        enter = b[1:] - a[1:] * b[0]
        self.longest_pad = int(2 * rate / low_hz)
        self.block = max(8, rate // 8)
        powers = [np.eye(2)]
        while len(powers) <= self.block:
            powers.append(step @ powers[-1])
        answer = np.array([b[0], *(powers[lag][0] @ enter for lag in range(self.block - 1))])
        lags = np.subtract.outer(np.arange(self.block), np.arange(self.block))
        within = np.where(lags >= 0, answer[np.abs(lags)], 0.0)
        of_state = np.stack([power[0] for power in powers[:-1]])
        to_state = np.stack([power @ enter for power in reversed(powers[:-1])])
        memory = [np.eye(2)]
        while np.abs(memory[-1]).max() > DECAY:
            memory.append(powers[-1] @ memory[-1])
        self.reach = len(memory)
        for name, matrix in (
            ("within", within.T),
            ("of_state", of_state.T),
            ("to_state", to_state),
            ("memory", np.concatenate([power.T for power in reversed(memory)])),
            ("start", signal.sosfilt_zi(sos)[0]),
        ):
            self.register_buffer(name, torch.from_numpy(np.ascontiguousarray(matrix)))

    def forward(self, values: Tensor) -> Tensor:
        """(k, n) float32 -> the same without what is below the edge."""
        x, n = values.double(), length(values)
        pad = torch.minimum(n - 1, torch.as_tensor(self.longest_pad))
        steps = torch.arange(pad)
        before = 2 * x[:, :1] - x[:, pad - steps]
        after = 2 * x[:, -1:] - x[:, n - 2 - steps]
        x = torch.cat([before, x, after], 1)
        return self._back_and_forth(x)[:, pad : pad + n].float()

    def _back_and_forth(self, x: Tensor) -> Tensor:
        order = length(x) - 1 - torch.arange(length(x))
        return self._once(self._once(x)[:, order])[:, order]

    def _once(self, x: Tensor) -> Tensor:
        m = length(x)
        rest = torch.zeros(x.shape[0], self.block, dtype=x.dtype)  # more than a whole block is cut off again
        blocks = (m + self.block - 1) // self.block
        cut = torch.cat([x, rest], 1)[:, : blocks * self.block].reshape(x.shape[0], -1, self.block)
        begun = x[:, :1, None] * self.start
        states = torch.cat([begun.new_zeros(x.shape[0], self.reach - 1, 2), begun, cut @ self.to_state], 1)
        earlier = torch.arange(blocks)[:, None] + torch.arange(self.reach)[None]
        before = states[:, earlier.reshape(-1)].reshape(x.shape[0], -1, 2 * self.reach)
        y = cut @ self.within + before @ self.memory @ self.of_state
        return y.reshape(x.shape[0], -1)[:, :m]


class Resample(nn.Module):
    """``resample_array`` from one whole rate in Hz to another: one convolution with a kernel a phase."""

    def __init__(self, rate: int, new_rate: int) -> None:
        super().__init__()
        ratio = Fraction(new_rate, rate)
        self.up, self.down = ratio.numerator, ratio.denominator
        if self.up == self.down:
            return
        half = 10 * max(self.up, self.down)
        taps = self.up * signal.firwin(2 * half + 1, 1 / max(self.up, self.down), window=("kaiser", 5.0))
        first = -(half // self.up)
        last = ((self.up - 1) * self.down + half) // self.up
        kernels = np.zeros((self.up, 1, last - first + 1))
        for phase in range(self.up):
            for lag in range(first, last + 1):
                if 0 <= (place := phase * self.down - lag * self.up + half) <= 2 * half:
                    kernels[phase, 0, lag - first] = taps[place]
        self.before, self.after = -first, last + self.down
        self.register_buffer("kernels", torch.from_numpy(kernels.astype(np.float32)))
        self.register_buffer("earlier", torch.arange(-self.before, 0, dtype=torch.float32))
        self.register_buffer("later", torch.arange(1, self.after + 1, dtype=torch.float32))

    def forward(self, values: Tensor) -> Tensor:
        """(k, n) -> (k, round(n new_rate / rate)), the ends going on as a line."""
        if self.up == self.down:
            return values
        n = length(values)
        first, last = values[:, :1], values[:, -1:]
        slope = (last - first) / (n - 1)
        line = torch.cat([first + slope * self.earlier, values, last + slope * self.later], 1)
        phases = F.conv1d(line[:, None], self.kernels, stride=self.down)
        wanted = torch.round(n.double() * self.up / self.down).long()
        return phases.transpose(1, 2).reshape(values.shape[0], -1)[:, :wanted]


def fitted(values: Tensor, n: Tensor, spare: int) -> Tensor:
    """``fit_length``: (k, n), held where up to ``spare`` samples are lacking."""
    return torch.cat([values, values[:, -1:].expand(-1, spare)], 1)[:, :n]
