"""Small changes to a program, one at a time: what a good check tells from the program itself."""
import ast
import copy

SWAPS = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult,
         ast.FloorDiv: ast.Mult, ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
         ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
         ast.And: ast.Or, ast.Or: ast.And, ast.In: ast.NotIn, ast.NotIn: ast.In,
         ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.MatMult: ast.Mult}
NAMES = {"sum": "mean", "mean": "sum", "max": "min", "min": "max", "amax": "amin",
         "argmax": "argmin", "argmin": "argmax", "any": "all", "all": "any", "relu": "sigmoid",
         "softmax": "sigmoid", "exp": "log", "sqrt": "square"}


def mutants(source):
    """Every program that is one small change away: -> list of (source, what was changed)."""
    tree = ast.parse(source)
    found = []
    for place, node in enumerate(ast.walk(tree)):
        for change in _changes(node):
            other = copy.deepcopy(tree)
            there = next(n for i, n in enumerate(ast.walk(other)) if i == place)
            _apply(there, change)
            text = ast.unparse(ast.fix_missing_locations(other))
            if text != ast.unparse(tree):
                found.append((text, f"line {getattr(node, 'lineno', '?')}: {change}"))
    return list(dict(found).items())


def _changes(node):
    """The changes that can be made at a node: -> list of (field, index or None, new value)."""
    changes = []
    if isinstance(node, ast.BinOp | ast.BoolOp | ast.AugAssign) and type(node.op) in SWAPS:
        changes.append(("op", None, SWAPS[type(node.op)]()))
    if isinstance(node, ast.Compare) and type(node.ops[0]) in SWAPS:
        changes.append(("ops", 0, SWAPS[type(node.ops[0])]()))
    if isinstance(node, ast.Constant):
        changes += [("value", None, value) for value in _constants(node.value)]
    if isinstance(node, ast.Attribute) and node.attr in NAMES:
        changes.append(("attr", None, NAMES[node.attr]))
    if isinstance(node, ast.Name) and node.id in NAMES:
        changes.append(("id", None, NAMES[node.id]))
    if isinstance(node, ast.Slice):
        changes += [(end, None, None) for end in ("lower", "upper", "step") if getattr(node, end)]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        changes.append(("op", None, ast.UAdd()))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        changes.append(("operand", None, ast.Constant(True)))
    if isinstance(node, ast.If | ast.IfExp | ast.While):
        changes.append(("test", None, ast.UnaryOp(ast.Not(), node.test)))
    if isinstance(node, ast.Call):
        changes += [("keywords", i, None) for i in range(len(node.keywords))]
    for field, children in ast.iter_fields(node):
        if not isinstance(children, list):
            children = [children]
        for i, child in enumerate(children):
            index = i if isinstance(getattr(node, field), list) else None
            if isinstance(child, ast.Call) and isinstance(child.func, ast.Attribute):
                # x.f(...) becomes x
                changes.append((field, index, child.func.value))
    for block in ("body", "orelse"):
        statements = getattr(node, block, None)
        if isinstance(statements, list):
            changes += [(block, i, ast.Pass()) for i, statement in enumerate(statements)
                        if not isinstance(statement, ast.Pass | ast.FunctionDef)]
    return changes


def _constants(value):
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, (int, float)):
        return [value + 1, value - 1]
    return [value + "x", ""] if isinstance(value, str) and value else []


def _apply(node, change):
    field, index, new = change
    new = copy.deepcopy(new)
    if index is None:
        setattr(node, field, new)
    elif new is None:
        del getattr(node, field)[index]
    else:
        getattr(node, field)[index] = new
