import click
import pytest

from ragqa.cli.interrupt import Interrupted, interruptible


def stopped(error, outcome=""):
    with pytest.raises(Interrupted) as caught, interruptible(), interruptible(outcome):
        raise error
    return str(caught.value)


def test_the_innermost_outcome_is_told():
    assert stopped(KeyboardInterrupt(), "all is kept") == "all is kept"
    assert stopped(click.Abort(), "all is kept") == "all is kept"
    assert stopped(KeyboardInterrupt()) == ""
    assert stopped(KeyboardInterrupt("saved at step 3")) == "saved at step 3"


@pytest.mark.parametrize("how", ["cause", "context"])
def test_an_error_that_came_of_ctrl_c_is_one(how):
    """As numpy and pyarrow say, which are stopped while they are imported."""
    error = ImportError("initialization failed")
    setattr(error, f"__{how}__", KeyboardInterrupt())
    assert stopped(error, "nothing was changed") == "nothing was changed"


def test_other_errors_pass():
    with pytest.raises(ValueError, match="bad"), interruptible("x"):
        raise ValueError("bad")
