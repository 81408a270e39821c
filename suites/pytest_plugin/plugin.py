"""The pytest plugin: the `conformance` fixture, and `--conv-candidate` with a test for each check and pass.

pytest imports this module at every start-up, so nothing heavy is imported here:
no NumPy, no Hypothesis, no framework, until a test asks for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from ..search.conformance import Conformance

PROFILE_NAMES = ("quick", "standard", "deep")


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("convoracle", "conformance of convolution implementations")
    group.addoption(
        "--conv-candidate",
        action="append",
        default=[],
        metavar="CANDIDATE",
        help="examine module:attribute, path/to/file.py:attribute or a built-in candidate: "
        "one test for each check and pass; may be given several times",
    )
    group.addoption("--conv-profile", choices=PROFILE_NAMES, default="quick", help="how much to run (default: quick)")
    group.addoption("--conv-seed", type=int, default=0, metavar="N", help="the same seed draws the same cases")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(session: pytest.Session, config: pytest.Config, items: list[pytest.Item]) -> None:
    """Add the tests of the candidates named on the command line, so that -k and -m apply to them too."""
    sources = config.getoption("--conv-candidate")
    if sources:
        from ..search.conformance import conformance_items

        items.extend(conformance_items(session, sources))


def pytest_unconfigure(config: pytest.Config) -> None:
    if config.getoption("--conv-candidate", default=[]):
        from ..search.conformance import close_executors

        close_executors(config)


@pytest.fixture(scope="session")
def conformance(request: pytest.FixtureRequest) -> Conformance:
    """Judge a convolution implementation in a test: ``conformance.check(my_conv2d)``.

    Fails with the smallest counterexamples in readable form.
    """
    from ..search.conformance import Conformance

    return Conformance(request.config.getoption("--conv-profile"), request.config.getoption("--conv-seed"))
