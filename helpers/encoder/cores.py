"""Batches side by side, one core each, which wastes less than all cores on one batch after the other. Notebook 12."""
import ctypes
import functools
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import torch

STARTING = threading.Lock()     # torch keeps one number for all threads that will start: one group of workers at a time


def side_by_side(function, items, workers):
    """Call a function on each of `workers` items or more, a core to each worker: yields the results in order."""
    started, numbers = threading.Barrier(workers + 1), []
    pool = ThreadPoolExecutor(workers, initializer=take_one_core, initargs=(started, numbers))
    try:
        with STARTING:
            results = pool.map(function, items)
            started.wait()                      # every worker has its one core
            run_apart(torch.set_num_threads, numbers[0])    # threads that start later get the old number
        yield from results
    finally:
        started.abort()                         # if a worker could not start, nobody waits for it
        pool.shutdown(cancel_futures=True)


def take_one_core(started, numbers):
    numbers.append(torch.get_num_threads())     # subtle: the first question of a new thread also sets its number
    torch.set_num_threads(1)
    started.wait()


def run_apart(function, argument):
    """Call a function in a thread of its own, which keeps what it sets for this thread alone."""
    thread = threading.Thread(target=function, args=(argument,))
    thread.start()
    thread.join()


@functools.cache
def keep_freed_memory():
    """Let glibc keep up to 64 MB that were freed: to hand them back and ask again, page by page, costs time."""
    if sys.platform == "linux":
        try:
            libc = ctypes.CDLL("libc.so.6")
            libc.mallopt(-1, 2**26)                     # M_TRIM_THRESHOLD
            libc.mallopt(-3, 2**25)                     # M_MMAP_THRESHOLD, the most that it takes
        except (OSError, AttributeError):               # another C library, which does as it likes
            return
