"""What the reader's code says: read in its syntax tree."""

import ast
import builtins
import inspect
import linecache
import re
import sys
import textwrap
from collections.abc import Callable

LOOPS = {"for", "while", "map", "vmap", "vectorize"}
AUTOGRAD = {"backward", "grad", "autograd", "requires_grad", "requires_grad_", "optim"}


def tree_of(function: Callable) -> ast.FunctionDef | ast.Lambda | None:
    """Parse a function's source; None where there is none, or where it is one of several lambdas."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
    except (OSError, TypeError, SyntaxError):
        return None
    if isinstance(tree, ast.FunctionDef):
        tree.decorator_list = []
        return tree
    lambdas = [node for node in ast.walk(tree) if isinstance(node, ast.Lambda)]
    return lambdas[0] if len(lambdas) == 1 else None


def functions_of(answer) -> dict[str, Callable]:
    """Find an answer's functions by name: itself, a class's own methods, those of the parts of a tuple."""
    if isinstance(answer, tuple):
        return {name: part for one in answer for name, part in functions_of(one).items()}
    if inspect.isclass(answer):
        return {name: part for name, part in vars(answer).items() if inspect.isfunction(part)}
    return {answer.__name__: answer} if inspect.isfunction(answer) else {}


def written(answer, names: tuple[str, ...] = ()) -> dict[str, bool]:
    """Tell for each part of an answer, by its name, whether anything has been written there."""
    if isinstance(answer, tuple) and names:
        return {name: any(written(part).values()) for name, part in zip(names, answer, strict=False)}
    if answer is None or answer is ...:
        return {"answer": False}
    return {name: not _is_empty(part) for name, part in functions_of(answer).items()} or {"answer": True}


def _is_empty(function: Callable) -> bool:
    """Tell whether a body says nothing yet: a docstring, ``pass``, ``...``, ``return``, ``self.w = ...``."""

    def says_nothing(line: ast.stmt) -> bool:
        value = getattr(line, "value", None)
        constant = isinstance(value, ast.Constant)
        constant = constant and (isinstance(line, ast.Expr) or value.value in (None, ...))
        bare = isinstance(line, ast.Pass) or (isinstance(line, ast.Return) and value is None)
        return constant or bare or ast.unparse(line) == "super().__init__()"

    tree = tree_of(function)
    return isinstance(tree, ast.FunctionDef) and all(map(says_nothing, tree.body))


def same_code(one, other) -> bool:
    """Tell whether two answers have the same statements, whatever their docstrings and comments."""

    def code(tree) -> list[str]:
        if not isinstance(tree, ast.FunctionDef):
            return []
        return [ast.dump(line) for line in tree.body[ast.get_docstring(tree) is not None :]]

    mine, theirs = (
        [code(tree_of(part)) for part in functions_of(answer).values()] for answer in (one, other)
    )
    return mine == theirs and mine != [] and [] not in mine


def edited(answer, *edits: str):
    """Make another answer from the code of this one: in it, the first text becomes the second, and so on."""
    if isinstance(answer, list | tuple):
        return type(answer)(edited(part, *edits) if callable(part) else part for part in answer)
    code = re.split("^(?=def |class )", inspect.getsource(answer), maxsplit=1, flags=re.M)[1]
    for old, new in zip(edits[::2], edits[1::2], strict=True):
        code = code.replace(old, new)
    file = f"<{answer.__name__}, {edits}>"
    linecache.cache[file] = len(code), None, code.splitlines(keepends=True), file  # for tree_of
    scope = dict(vars(sys.modules[answer.__module__]))
    exec(compile(code, file, "exec"), scope)
    return scope[answer.__name__]


def has_return(answer) -> bool:
    """Tell whether code returns something anywhere; true where it cannot be read."""
    trees = [tree for tree in map(tree_of, functions_of(answer).values()) if tree]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    found = any(isinstance(node, ast.Lambda) or isinstance(node, ast.Return) and node.value for node in nodes)
    return found or not trees


def names_used(answer) -> set[str]:
    """Collect the names that an answer uses, also in the reader's own functions that it calls.

    A loop counts as the name ``for`` or ``while``. The reader's own names do not count, whatever they are.
    """
    names, seen, queue = set(), set(), list(functions_of(answer).values())
    if not queue:  # not the reader's own: torch.softmax, nn.Softmax(dim=1)
        names.add(getattr(answer, "__name__", type(answer).__name__))
    while queue:
        function = queue.pop()
        tree = tree_of(function)
        if function in seen or tree is None:
            continue
        seen.add(function)
        scope = {**vars(builtins), **function.__globals__, **inspect.getclosurevars(function).nonlocals}
        for node in ast.walk(tree):
            if isinstance(node, ast.For | ast.While | ast.comprehension):
                names.add("while" if isinstance(node, ast.While) else "for")
            elif isinstance(node, ast.Attribute):
                names.add(node.attr)
            elif isinstance(node, ast.alias):
                names.add(node.name.split(".")[-1])
            elif isinstance(node, ast.keyword) and node.arg:
                names.add(node.arg)
            elif isinstance(node, ast.Name) and node.id in scope:
                used = scope[node.id]
                own = getattr(used, "__module__", None) == function.__module__ and functions_of(used)
                queue += own.values() if own else []
                names |= set() if own else {getattr(used, "__name__", type(used).__name__).split(".")[-1]}
    return names
