"""Batches side by side, one core each, which wastes less than all cores on one batch after the other. Notebook 12."""
import threading
from concurrent.futures import ThreadPoolExecutor

import torch


def side_by_side(function, items, workers):
    """Call a function on each item, in `workers` threads in which torch takes one core each: yields results in order."""
    workers = min(workers, len(items))
    if workers < 2:
        yield from map(function, items)
        return
    started, threads = threading.Barrier(workers + 1), torch.get_num_threads()
    pool = ThreadPoolExecutor(workers, initializer=take_one_core, initargs=(started,))
    try:
        results = pool.map(function, items)
        started.wait()
        torch.set_num_threads(threads)      # what threads of other code begin with; the workers keep their one
        yield from results
    finally:
        pool.shutdown(cancel_futures=True)


def take_one_core(started):
    torch.get_num_threads()             # subtle: a thread's first question sets its number, and would undo the next line
    torch.set_num_threads(1)
    started.wait()
