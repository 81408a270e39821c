"""Settings: what a convolution is, beside its operands, as arguments by name."""

from __future__ import annotations

from ....oracle.problem.geometry import ConvGeometry

PLAIN_SETTING_NAMES = ("stride", "padding", "dilation", "groups")
SETTING_NAMES = (*PLAIN_SETTING_NAMES, "padding_mode", "transposed", "output_padding")


def setting_values(geometry: ConvGeometry) -> dict[str, object]:
    """Values of the parameters called `SETTING_NAMES`; padding is the low side."""
    return {name: getattr(geometry, name) for name in SETTING_NAMES} | {
        "padding": tuple(low for low, _ in geometry.padding)
    }


def settings_needed(geometry: ConvGeometry) -> list[str]:
    """Names of the settings that are not as in the plainest convolution."""
    plainest = ConvGeometry.of(size=(1,) * geometry.rank, kernel=1)
    return [name for name in SETTING_NAMES if getattr(geometry, name) != getattr(plainest, name)]
