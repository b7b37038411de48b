"""One thread watches all exchanges, and each is hung up at its own time."""

import threading
from itertools import pairwise

from lti_tool.lti.watches import Watch


def watchdogs() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "watchdog"]


def test_many_exchanges_need_one_thread() -> None:
    for _ in range(20):
        with Watch(30):
            pass
    assert len(watchdogs()) == 1


def test_a_shorter_one_does_not_wait_for_a_longer_one_begun_before() -> None:
    with Watch(30) as longer, Watch(0.1) as shorter:
        assert shorter.over.wait(5)
        assert not longer.over.is_set()


def test_they_end_in_the_order_of_their_times() -> None:
    watches = [Watch(seconds) for seconds in (0.3, 0.1, 0.2)]
    for watch in watches:
        watch.__enter__()
    last, first, second = watches
    assert last.over.wait(5)
    assert all(one.over.is_set() for one in (first, second))
    assert [early._ends < late._ends for early, late in pairwise((first, second, last))] == [True, True]


def test_a_time_that_is_over_already_hangs_up_at_once() -> None:
    with Watch(0.0) as watch:
        assert watch.over.wait(5)
