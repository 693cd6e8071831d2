"""Pictures and tables as HTML text, for `show` (once) and `explore` (again and again). Colours come with their numbers."""
import base64
import html
import io

PALE = ("#cfe8f7", "#fdeccb")           # under black text, neighbours apart
MIDDLE = 0.47                           # of cividis: from here on black is easier to read than white


def picture(fig, alt, dpi=120, trim="tight"):
    """A matplotlib figure as an <img> with alt text, the PNG inside; the figure is closed. `trim=None` is faster."""
    from matplotlib import pyplot
    buffer = io.BytesIO()
    fig.savefig(buffer, format="png", dpi=dpi, bbox_inches=trim, facecolor="white", metadata={"Software": None})
    pyplot.close(fig)
    data = base64.b64encode(buffer.getvalue()).decode()
    return f'<img alt="{html.escape(alt)}" src="data:image/png;base64,{data}" style="max-width: 100%">'


def table(rows, columns):
    """Rows of strings (already formatted) as a plain table with a heading per column."""
    head = "".join(f"<th>{html.escape(str(c))}</th>" for c in columns)
    body = "".join("<tr>" + "".join(f"<td>{html.escape(str(cell))}</td>" for cell in row) + "</tr>\n" for row in rows)
    return f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody>\n</table>"


def heat(numbers, rows, columns, spec=".2f", low=0.0, high=1.0):
    """Numbers, (R, C), as a table with names: each number on its colour, from dark (`low`) to bright (`high`)."""
    from matplotlib import colormaps
    from matplotlib.colors import to_hex
    head = "<th></th>" + "".join(f'<th style="text-align: center">{html.escape(str(name))}</th>' for name in columns)
    body = ""
    for name, line in zip(rows, numbers, strict=True):
        body += f"<tr><th>{html.escape(str(name))}</th>"
        for number in map(float, line):
            place = min(max((number - low) / (high - low), 0.0), 1.0)
            body += (f'<td style="text-align: center; background-color: {to_hex(colormaps["cividis"](place))}; '
                     f'color: {"black" if place > MIDDLE else "white"}">{number:{spec}}</td>')
        body += "</tr>\n"
    return f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody>\n</table>"


def tokens(pieces, ids):
    """Pieces of a text side by side, each over its id, in alternating colours."""
    cells = [("".join(f'<td style="background-color: {PALE[i % 2]}; color: black">'
                      f"<code>{html.escape(str(x))}</code></td>" for i, x in enumerate(row))) for row in (pieces, ids)]
    return f"<table><tbody>\n<tr><th>piece</th>{cells[0]}</tr>\n<tr><th>id</th>{cells[1]}</tr>\n</tbody></table>"
