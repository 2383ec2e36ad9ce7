"""Draws the curves as one SVG: a column a reader count; for each key count a row of reads a second and one of p99."""

import math
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 400, 250  # of a panel
LEFT, RIGHT, TOP, BOTTOM = 62, 14, 30, 44  # of a panel's frame within it
HEAD = 92  # title and legend
# Told apart without colour too: what is Go's is dashed, and the marks differ.
LOOKS = [("#d55e00", "", "circle"), ("#56b4e9", "", "square"), ("#0072b2", "", "diamond"), ("#cc79a7", "", "triangle"),
         ("#222222", "", "cross"), ("#009e73", "6 3", "circle"), ("#e69f00", "6 3", "square"),
         ("#888888", "6 3", "diamond")]


def text(x, y, content, size=11, anchor="middle", more=""):
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" {more}>{escape(content)}</text>'


def mark(shape, x, y, colour):
    if shape == "circle":
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.2" fill="{colour}"/>'
    points = {"square": [(-3, -3), (3, -3), (3, 3), (-3, 3)], "diamond": [(0, -4.2), (4.2, 0), (0, 4.2), (-4.2, 0)],
              "triangle": [(0, -4), (4, 3), (-4, 3)]}.get(shape)
    if points:
        return f'<polygon points="{" ".join(f"{x + a:.1f},{y + b:.1f}" for a, b in points)}" fill="{colour}"/>'
    return (f'<path d="M{x - 3:.1f},{y - 3:.1f}l6,6m0,-6l-6,6" stroke="{colour}" stroke-width="2" fill="none"/>')


def line(points, look):
    """A curve, with a gap where there is no value."""
    colour, dash, shape = look
    path, pen = "", "M"
    for point in points:
        if point is None:
            pen = "M"
            continue
        path += f"{pen}{point[0]:.1f},{point[1]:.1f}"
        pen = "L"
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    curve = f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="1.8"{dashes}/>' if path else ""
    return curve + "".join(mark(shape, *point, colour) for point in points if point)


def decade(exponent, unit):
    """10^exponent, with a unit that people read: 10M, or 1 us where the unit is ns."""
    steps = ["", "k", "M", "G"] if unit == "" else [" ns", " us", " ms", " s"]
    step = min(max(exponent // 3, 0), 3)
    return f"{10 ** (exponent - 3 * step):g}{steps[step]}"


def panel(x, y, title, axis, unit, shares, series, low, high):
    """One pair of axes, the vertical one logarithmic from 10^low to 10^high."""
    left, right, top, bottom = x + LEFT, x + WIDTH - RIGHT, y + TOP, y + HEIGHT - BOTTOM
    across = [left + (right - left) * (i + 0.5) / len(shares) for i in range(len(shares))]

    def up(value):
        return bottom - (bottom - top) * (math.log10(value) - low) / (high - low)

    out = [text((left + right) / 2, y + 20, title, 13, more='font-weight="bold"')]
    for exponent in range(low, high + 1):
        at = up(10 ** exponent)
        out.append(f'<path d="M{left},{at:.1f}H{right}" stroke="#ddd"/>')
        out.append(text(left - 6, at + 4, decade(exponent, unit), anchor="end"))
    out.append(f'<path d="M{left},{top}V{bottom}H{right}" fill="none" stroke="#333"/>')
    out += [text(place, bottom + 16, f"{share:g}") for place, share in zip(across, shares)]
    out.append(text((left + right) / 2, bottom + 34, "writes, % of all operations"))
    middle = (top + bottom) / 2
    out.append(text(x + 14, middle, axis, more=f'transform="rotate(-90 {x + 14} {middle:.1f})"'))
    for values, look in series:
        out.append(line([(place, up(value)) if value else None for place, value in zip(across, values)], look))
    return out


def legend(names, width):
    out, columns = [], (len(names) + 1) // 2
    for index, name in enumerate(names):
        x = 30 + (width - 30) / columns * (index % columns)
        y = 50 + 22 * (index // columns)
        out.append(line([(x, y), (x + 30, y)], LOOKS[index % len(LOOKS)]))
        out.append(text(x + 38, y + 4, name, 12, "start"))
    return out


def draw(title, names, shares, readers, rows):
    """`rows`: (what a panel is called, its axis, its unit, {(reader count, name): values in order of the shares}); no
    value where nothing can be said."""
    width, height = WIDTH * len(readers), HEAD + HEIGHT * len(rows) + 10
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
           f'viewBox="0 0 {width} {height}" font-family="sans-serif">',
           f'<rect width="{width}" height="{height}" fill="white"/>',
           text(width / 2, 26, title, 16, more='font-weight="bold"'), *legend(names, width)]
    for number, (name, axis, unit, values) in enumerate(rows):
        present = [value for line_values in values.values() for value in line_values if value] or [1]
        low, high = math.floor(math.log10(min(present))), math.ceil(math.log10(max(present) * 1.001))
        for column, count in enumerate(readers):
            series = [(values[count, way], LOOKS[i % len(LOOKS)]) for i, way in enumerate(names)]
            out += panel(WIDTH * column, HEAD + HEIGHT * number,
                         f"{name}, {count:,} reader{'' if count == 1 else 's'}", axis, unit, shares, series, low, high)
    return "\n".join(out) + "\n</svg>\n"
