import pytest

from ragqa.cli import main
from ragqa.errors import MissingExtra


@pytest.mark.parametrize(
    "line", ["train reader x.json -o y", "export . -o y", "models merge reader -o y", "models compress . -o y"]
)
def test_without_torch_every_command_that_needs_it_names_the_extra(line, monkeypatch, capsys):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(SystemExit) as left:
        main(line.split())
    assert left.value.code == MissingExtra.exit_code
    assert "pip install 'ragqa[train]'" in capsys.readouterr().err
