"""What the autoencoder attends to: Grad-CAM by its definition, windows, modes, and the null of its shares."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from ecgcore.ecg import UnusableEcg
from ecgcore.leads import STANDARD
from models.significance import attention, explain


@pytest.fixture(scope="module")
def autoencoder():
    from models.zoo.conv_vae import ConvVae, ConvVaeConfig

    torch.manual_seed(0)
    return (
        ConvVae(ConvVaeConfig(rate=125, samples=256, widths=(4, 6, 8), dense=32, latent=8))
        .eval()
        .requires_grad_(False)
    )


class OneLead:
    """A network whose only map copies the input, and whose output is lead V2 alone: what matters is known."""

    def scaled(self, x):
        return x, 0, 1

    def features(self, x):
        return torch.relu(x)[:, None]

    def head(self, maps):
        keep = torch.zeros(12)
        keep[STANDARD.index("V2")] = 1.0
        return maps[:, 0] * keep[:, None]


def test_windows_follow_one_another_with_the_papers_overlap_and_cover_the_recording(autoencoder, recording):
    windows, starts = attention.windows_of(autoencoder, recording)
    assert windows.shape[1:] == (12, 256)
    assert set(np.diff(starts)[:-1]) == {192} and starts[-1] + 256 == round(recording.duration * 125)


def test_the_modes_are_grad_cam_by_its_definition(autoencoder, recording):
    """Against the weighted sum written out channel by channel, with gradients by finite differences of the
    head."""
    windows, _ = attention.windows_of(autoencoder, recording)
    x, _, _ = autoencoder.scaled(torch.from_numpy(windows[:1]))
    maps = autoencoder.features(x)
    doubled, target = autoencoder.double(), x.double()
    slopes = []
    for channel in range(
        maps.shape[1]
    ):  # a map's mean gradient is the slope along adding a constant to it, over its size
        step = torch.zeros_like(maps, dtype=torch.float64)
        step[:, channel] = 1e-6
        up, down = (float((doubled.head(maps.double() + s * step) - target).square().mean()) for s in (1, -1))
        slopes.append((up - down) / 2e-6 / maps[0, 0].numel())
    autoencoder.float()
    weighted = sum(slope * row for slope, row in zip(slopes, maps[0].numpy(), strict=True))
    levels = attention.class_activation(autoencoder, windows[:1], "counterfactual")[0]
    np.testing.assert_allclose(levels, np.maximum(-weighted, 0), atol=2e-3 * np.abs(weighted).max())
    assert levels.shape[0] == 12


def test_the_positive_map_of_a_network_that_shows_one_lead_follows_the_maps_it_weighs():
    windows = np.random.default_rng(0).normal(size=(2, 12, 64)).astype(np.float32)
    maps = attention.class_activation(OneLead(), windows, "positive")
    np.testing.assert_allclose(maps / maps.max(), np.maximum(windows, 0) / windows.max(), atol=0.2)
    assert (maps[windows < 0] == 0).all()


def test_every_mode_gives_maps_that_are_not_negative_and_differ(autoencoder, recording):
    windows, starts = attention.windows_of(autoencoder, recording)
    maps = {mode: attention.class_activation(autoencoder, windows, mode) for mode in attention.MODES}
    assert next(iter(maps)) == "counterfactual" and len(maps) == 3
    assert all((values >= 0).all() for values in maps.values())
    assert not np.allclose(maps["positive"], maps["counterfactual"])
    whole = attention.on_the_recording(maps["positive"], starts, 256)
    assert whole.shape == (12, starts[-1] + 256)


def test_activation_maps_made_by_many_threads_at_once_are_those_made_alone(autoencoder, recording):
    windows, _ = attention.windows_of(autoencoder, recording)
    parts = [windows[:2], windows[2:4], windows[4:]]
    alone = [attention.class_activation(autoencoder, part) for part in parts]
    with ThreadPoolExecutor(8) as threads:
        together = list(
            threads.map(lambda number: attention.class_activation(autoencoder, parts[number % 3]), range(60))
        )
    for number, drawn in enumerate(together):
        np.testing.assert_allclose(drawn, alone[number % 3], rtol=1e-4, atol=1e-7)
    assert not any(parameter.requires_grad for parameter in autoencoder.parameters())


class TwoChannels(OneLead):
    """Of two maps, one of lead V1 and one of lead V2 at ten times the size, the output is made of the first
    alone."""

    def features(self, x):
        keep = torch.zeros(2, 12)
        keep[0, STANDARD.index("V1")], keep[1, STANDARD.index("V2")] = 1.0, 10.0
        return torch.relu(x)[:, None] * keep[None, :, :, None]

    def head(self, maps):
        return maps[:, 0]


def test_the_null_of_the_autoencoders_shares_is_what_amplitude_gives_whatever_the_weights():
    windows = np.random.default_rng(0).normal(size=(2, 12, 64)).astype(np.float32)
    null = attention.channel_null(TwoChannels(), windows, "positive", draws=200)
    assert null.observed["V1"] == pytest.approx(1)
    assert null.mean["V1"] == pytest.approx(0.5, abs=0.12) and null.mean["V2"] == pytest.approx(
        0.5, abs=0.12
    )  # half the draws each
    assert null.p["V1"] == pytest.approx(0.5, abs=0.12) and null.p["V2"] == 1.0


def test_a_recording_without_all_leads_is_refused(autoencoder, recording):
    with pytest.raises(UnusableEcg, match="all twelve leads; V1.*is not in this recording"):
        attention.windows_of(autoencoder, recording.pick("I II V2"))
    with pytest.raises(UnusableEcg, match="windows of 2.05 s"):
        attention.windows_of(autoencoder, recording.cut(0, 1.5))


def test_the_page_has_all_it_shows_of_the_autoencoder(autoencoder, network, recording):
    explanation = explain.attend(autoencoder, network.linear, recording, "counterfactual")
    assert explanation.map.shape == explanation.signals.shape and (explanation.map >= 0).all()
    assert explanation.raw is None or sum(explanation.raw.values()) == pytest.approx(1)
    assert np.isfinite([explanation.curves.gain_deletion, explanation.error]).all()
