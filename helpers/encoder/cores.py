"""Batches side by side, a core each: less waiting than all cores on one batch. Notebook 12."""
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any

import torch

STARTING = threading.Lock()     # torch keeps one number for all threads that will start


def side_by_side(function: Callable, items: Iterable, workers: int) -> Iterator:
    """Call a function on each item, with a core for each worker: yields the results in order."""
    pool, everyone = ThreadPoolExecutor(workers), threading.Barrier(workers)
    try:
        with STARTING:
            number = run_apart(torch.get_num_threads)
            try:
                wait([pool.submit(take_one_core, everyone) for _ in range(workers)])
            finally:
                run_apart(torch.set_num_threads, number)    # for threads that start later
        yield from pool.map(function, items)
    finally:
        everyone.abort()                # if a worker could not start, nobody waits for it
        pool.shutdown(cancel_futures=True)


def take_one_core(everyone: threading.Barrier) -> None:
    """Set this thread's number of cores to 1, and wait until all workers have done so."""
    torch.get_num_threads()             # subtle: a thread's first question sets its number
    torch.set_num_threads(1)
    everyone.wait()                     # so that no worker does this twice, and another never


def run_apart(function: Callable, *arguments: Any) -> Any:
    """What a function gives in a thread of its own, which keeps what it sets for itself alone."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(function, *arguments).result()
