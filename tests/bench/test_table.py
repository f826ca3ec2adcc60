from __future__ import annotations

from tests.bench import __main__ as runner
from tests.bench.table import Row, render


def test_columns_line_up_and_numbers_stand_right():
    table = render([Row("conversation", 812.25, "ms", "swaks 905 ms", "8 round trips"), Row("rules", 5, "ms")])
    assert table.splitlines() == [
        "measure        value  unit  compared with  note",
        "------------  ------  ----  -------------  -------------",
        "conversation  812.25  ms    swaks 905 ms   8 round trips",
        "rules              5  ms",
    ]


def test_a_failing_benchmark_does_not_hide_the_others(monkeypatch, capsys):
    def broken():
        raise RuntimeError("no server")

    benches = {"a": broken, "b": lambda: [Row("kept", 1, "ms")]}
    monkeypatch.setattr(runner, "benchmark_names", lambda: sorted(benches))
    monkeypatch.setattr(runner.collect, "__defaults__", (benches.__getitem__,))
    assert runner.main([]) == 1
    printed = capsys.readouterr()
    assert "kept" in printed.out
    assert "no server" in printed.err
    assert runner.main(["b"]) == 0


def test_an_unknown_benchmark_is_named(capsys):
    assert runner.main(["nonsense"]) == 2
    assert "nonsense" in capsys.readouterr().err
