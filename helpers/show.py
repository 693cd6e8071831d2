"""How a notebook shows things: the start of a lesson, pictures with alt text, tables, tokens. For notebooks only."""
import os

from IPython.display import HTML, display

from helpers import markup

OKABE_ITO = ["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442"]   # colour-blind safe


def begin():
    """Start a lesson: quiet libraries, no network unless asked for, a hint when cells run out of order."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")                # a hub id tried offline would cost a minute
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")  # also silences "Loading weights"
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    from IPython import get_ipython

    from helpers.models.find import identify, model_dir
    if get_ipython():
        get_ipython().set_custom_exc((NameError,), _missing_name)
    folder = model_dir()
    print("Ready. Model:", identify(folder) or f"the one in {folder}")


def figure(fig, alt):
    """Show a matplotlib figure as a PNG with alt text, and close it: notebooks end a drawing cell with this."""
    display(HTML(markup.picture(fig, alt)))


def table(rows, columns):
    """Show rows of strings (already formatted) as a plain table with a heading per column."""
    display(HTML(markup.table(rows, columns)))


def machine(folder):
    """A table of what the notebooks will run on: versions, memory, disk, the model in use, room for bge-m3."""
    import platform
    import shutil
    from importlib.metadata import version
    from pathlib import Path

    import psutil

    from helpers.models.find import identify
    free, disk = psutil.virtual_memory().available / 2**30, shutil.disk_usage(Path.home()).free / 2**30
    fits = free >= 5.6 and disk >= 2.5          # GiB: two copies in most notebooks, and a third in 04
    packages = "torch", "transformers", "sentence-transformers", "langchain-huggingface"
    table([["Python", f"{platform.python_version()} on {platform.system()} {platform.machine()}"],
           *([name, version(name)] for name in packages),
           ["free memory", f"{free:.1f} GiB"], ["free disk", f"{disk:.0f} GiB"],
           ["model in use", identify(folder) or "a folder of your own"],
           ["its files", "…/" + "/".join(Path(folder).parts[-2:])],
           ["would bge-m3 fit?", "yes" if fits else "no: the notebooks need 6 GB of memory, and 2.3 GB of disk"]], ["", ""])


def tokens(pieces, ids):
    """Show pieces of a text side by side, each over its id, in alternating colours."""
    display(HTML(markup.tokens(pieces, ids)))


def _missing_name(shell, kind, error, trace, tb_offset=None):
    """A NameError in a lesson nearly always means that a cell further up has not run in this kernel."""
    error.add_note(f"A cell further up makes {error.name!r}. In the menu: Run > Run All Above Selected Cell; "
                   "then run this cell again.")
    shell.showtraceback((kind, error, trace), tb_offset)
