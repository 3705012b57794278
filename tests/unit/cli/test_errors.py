import click
import pytest

from ragqa import cli
from ragqa.errors import StorageError


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (ImportError("libarrow.so: failed to map segment from shared object"), StorageError.exit_code, "enough memory"),
        (MemoryError(), StorageError.exit_code, "enough memory"),
        (ImportError("No module named 'x'"), 1, "internal error (ImportError: No module named 'x')"),
        (ValueError("bad"), 1, "internal error (ValueError: bad)"),
    ],
)
def test_missing_memory_is_told_from_a_bug(error, code, said, capsys, monkeypatch):
    def fail():
        raise error

    monkeypatch.setitem(cli.cli.commands, "fail", click.Command("fail", callback=fail))
    with pytest.raises(SystemExit) as left:
        cli.main(["fail"])
    assert left.value.code == code
    assert said in capsys.readouterr().err
