"""The error of a wrong argument: its text, its parts, and that it survives being sent."""

from __future__ import annotations

import pickle

from convoracle.oracle.errors import InvalidArgument


def test_the_text_names_argument_value_requirement_and_place() -> None:
    error = InvalidArgument("padding_mode", "mirror", "should be 'zeros'", where="ConvGeometry")
    assert str(error) == "padding_mode='mirror', but should be 'zeros' [ConvGeometry]"
    assert isinstance(error, ValueError)


def test_an_error_survives_being_sent_between_processes() -> None:
    error = InvalidArgument("stride", (0, 1), "should be positive", where="here")
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is InvalidArgument
    assert str(copy) == str(error)
    assert (copy.argument, copy.value, copy.requirement, copy.where) == ("stride", (0, 1), "should be positive", "here")
