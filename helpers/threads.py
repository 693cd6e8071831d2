"""Batches side by side, one core each, which wastes less than all cores on one batch after the other. Notebook 12."""
import ctypes
import functools
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import torch


def side_by_side(function, items, workers):
    """Call a function on each item, in threads in which torch takes one core each: yields the results in order."""
    started, threads = threading.Barrier(workers + 1), torch.get_num_threads()
    pool = ThreadPoolExecutor(workers, initializer=take_one_core, initargs=(started,))
    try:
        results = pool.map(function, items)
        started.wait()
        torch.set_num_threads(threads)          # threads that start later get the old number; the workers keep 1
        yield from results
    finally:
        pool.shutdown(cancel_futures=True)


def take_one_core(started):
    torch.get_num_threads()     # subtle: in a new thread the first question sets the default, and would undo the next line
    torch.set_num_threads(1)
    started.wait()              # at the barrier


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
