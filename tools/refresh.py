"""Re-execute notebooks and save their outputs: the only way in which saved outputs change.

Refuses a notebook that fails, writes to stderr, or prints a number so close to a rounding boundary
that another processor may print another one. Cells tagged nbval-ignore-output (times, machines)
keep the output they had, explorers aside.
"""
import copy
import os
import pathlib
import re
import sys

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

ROOT = pathlib.Path(__file__).resolve().parents[1]
GUARD = (f"import sys; sys.path.insert(0, {str(ROOT / 'tools' / 'kernel')!r}); "
         "import guard; sys.path.pop(0)")
VIEW = "application/vnd.jupyter.widget-view+json"
METADATA = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"}}


class Client(NotebookClient):
    """A NotebookClient that loads guard.py first, and asks it after each cell what it saw."""

    async def async_start_new_kernel_client(self, **kwargs):
        client = await super().async_start_new_kernel_client(**kwargs)
        await self.ask(GUARD)
        return client

    async def ask(self, code):
        """Run a line that leaves no trace in the notebook; -> guard.close_calls, as text."""
        seen = {"seen": "__import__('guard').close_calls"}
        reply = await self.kc.execute(code, store_history=False, reply=True, timeout=120,
                                      user_expressions=seen)
        return reply["content"]["user_expressions"]["seen"]["data"]["text/plain"]

    async def async_execute_cell(self, cell, cell_index, **kwargs):
        try:
            done = await super().async_execute_cell(cell, cell_index, **kwargs)
        except CellExecutionError as error:
            raise SystemExit(f"cell {cell_index} fails: {error.ename}: {error.evalue}\n"
                             f"{cell.source}") from None
        if cell.cell_type == "code":
            seen = await self.ask("")
            if seen != "[]" and is_compared(cell):
                raise SystemExit(f"cell {cell.execution_count}: too near a rounding boundary: "
                                 f"{seen}\n{cell.source}")
            await self.ask("__import__('guard').close_calls.clear()")
        return done


def is_compared(cell):
    return "nbval-ignore-output" not in cell.metadata.get("tags", [])


def refresh(path):
    """Execute one notebook and write it back. Returns True if a byte changed."""
    before = path.read_text("utf-8")
    notebook = nbformat.reads(before, as_version=4)
    kept = {cell.id: copy.deepcopy(cell.outputs) for cell in notebook.cells
            if cell.cell_type == "code" and not is_compared(cell)}
    Client(notebook, timeout=600, kernel_name="python3", record_timing=False,
           extra_arguments=["--log-level=40"],
           resources={"metadata": {"path": str(path.parent)}}).execute()
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = saved(cell.outputs, kept.get(cell.id))
            check(cell)
    notebook.metadata = METADATA
    after = nbformat.writes(notebook, indent=1) + "\n"
    if after != before:
        path.write_text(after, "utf-8", newline="\n")
    return after != before


def saved(outputs, sample):
    """What is saved of a cell: the sample that it had, if it is not compared.

    Of an explorer, the picture that it made now, without its widget, which lives in a kernel that
    is gone: so every reader's page shows the picture.
    """
    explorers = [output.data.pop(VIEW) for output in outputs if VIEW in output.get("data", {})]
    return joined(outputs) if explorers else sample or joined(outputs)


def joined(outputs):
    """The outputs, neighbouring pieces of one stream put together: where it is cut is chance."""
    whole = []
    for output in outputs:
        stream = whole and output.output_type == "stream" and whole[-1].get("name") == output.name
        if stream:
            whole[-1].text += output.text
        else:
            whole.append(output)
    return whole


def check(cell):
    """Refuse stderr, and numbers with more than six decimals, which no two machines print alike."""
    for output in cell.outputs:
        text = output.get("text", "") or "".join(map(str, output.get("data", {}).values()))
        if output.get("name") == "stderr":
            raise SystemExit(f"cell {cell.execution_count} writes to stderr: {text}")
        long = re.search(r"\d\.\d{7,}", re.sub(r'src="data:[^"]*"', "", text))
        if long and is_compared(cell):
            raise SystemExit(f"cell {cell.execution_count} prints {long[0]}: "
                             "more decimals than hold elsewhere")


def main(names):
    os.environ["HF_HUB_OFFLINE"] = "1"
    os.environ.pop("EMBED_MODEL", None)                     # saved outputs are the embedded model's
    named = [pathlib.Path(name).resolve() for name in names]
    for path in named or sorted(ROOT.glob("notebooks/**/[0-9]*.ipynb")):
        print(f"{path.name:<36}", end="", flush=True)
        print("changed" if refresh(path) else "same", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
