"""What is due, and when: with a clock of the test's own."""

from phototag.app.watch.pending import (
    LONGEST_SECONDS,
    MANY_EVENTS,
    PATIENCE_SECONDS,
    SETTLE_SECONDS,
    Pending,
)

QUIET = SETTLE_SECONDS + 0.01


def test_a_folder_is_due_when_it_is_quiet() -> None:
    pending = Pending()
    assert pending.due(0.0) is None
    pending.closed(b"/p/a/one.jpg", 0.0)
    pending.closed(b"/p/a/two.jpg", 0.9)
    assert pending.due(1.0) is None
    batch = pending.due(0.9 + QUIET)
    assert batch is not None
    assert (batch.trees, batch.folders, batch.many) == ((), (b"/p/a",), False)
    assert pending.due(100.0) is None


def test_a_file_that_is_being_written_is_waited_for() -> None:
    pending = Pending()
    for second in range(8):
        pending.written(b"/p/a.jpg", float(second))
    pending.closed(b"/p/b/b.jpg", 7.0)
    batch = pending.due(7.0 + QUIET)
    assert batch is not None
    assert batch.folders == (b"/p/b",)
    assert batch.writing == {b"/p/a.jpg"}
    pending.closed(b"/p/a.jpg", 10.0)
    batch = pending.due(10.0 + QUIET)
    assert batch is not None
    assert (batch.folders, batch.writing) == ((b"/p",), frozenset())


def test_a_file_that_was_never_closed_counts_as_written_after_a_while() -> None:
    pending = Pending()
    pending.written(b"/p/a.jpg", 0.0)
    assert pending.due(PATIENCE_SECONDS - 0.1) is None
    batch = pending.due(PATIENCE_SECONDS + 0.1)
    assert batch is not None
    assert batch.folders == (b"/p",)


def test_a_folder_that_is_never_quiet_is_looked_at_all_the_same() -> None:
    pending = Pending()
    now = 0.0
    while now < LONGEST_SECONDS:
        pending.written(b"/p/%d.jpg" % int(now * 10), now)
        if int(now * 10) % 2:
            pending.closed(b"/p/%d.jpg" % int(now * 10), now)
        assert pending.due(now) is None
        now += 0.1
    batch = pending.due(LONGEST_SECONDS + 0.1)
    assert batch is not None
    assert batch.folders == (b"/p",)
    assert batch.writing
    assert all(int(path[3:-4]) % 2 == 0 for path in batch.writing)
    later = pending.due(now + PATIENCE_SECONDS + QUIET)  # what was being written is not forgotten
    assert later is not None
    assert later.folders == (b"/p",)


def test_a_tree_holds_what_lies_below_it() -> None:
    pending = Pending()
    pending.changed(b"/p/a", 0.0, tree=True)
    pending.changed(b"/p/a/b", 0.0, tree=True)
    pending.closed(b"/p/a/c/x.jpg", 0.0)
    pending.closed(b"/p/ab/x.jpg", 0.0)
    batch = pending.due(QUIET)
    assert batch is not None
    assert (batch.trees, batch.folders) == ((b"/p/a",), (b"/p/ab",))


def test_a_burst_is_told() -> None:
    pending = Pending()
    for number in range(MANY_EVENTS):
        pending.closed(b"/p/%d.jpg" % number, 0.0)
    batch = pending.due(QUIET)
    assert batch is not None
    assert batch.many
    pending.again(batch, 2.0)
    assert pending.due(2.0 + QUIET) is None
    again = pending.due(2.0 + PATIENCE_SECONDS)
    assert again is not None
    assert (again.folders, again.many) == ((b"/p",), True)
    pending.lost(20.0)
    lost = pending.due(20.0 + QUIET)
    assert lost is not None
    assert lost.many
