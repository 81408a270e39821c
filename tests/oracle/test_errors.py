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


def test_a_long_value_is_shown_from_both_ends() -> None:
    told = str(InvalidArgument("text", "a" * 10**6 + "z", "should be short", where="here"))
    assert len(told) < 1000
    assert told.startswith("text='aaa")
    assert "(1000003 characters)" in told
    assert told.endswith("aaz', but should be short [here]")


def test_an_integer_of_more_digits_than_python_writes_is_no_second_error() -> None:
    assert "too long to be written" in str(InvalidArgument("batch", 10**5000, "should be smaller", where="here"))
