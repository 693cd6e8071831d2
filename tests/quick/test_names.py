"""The public names of `helpers`: found when first used, and by editors, which run nothing."""
import ast
import importlib
import pathlib
import sys

import pytest

import helpers

SOURCE = ast.parse(pathlib.Path(helpers.__file__).read_text("utf-8"))


def test_editors_and_programs_find_the_same_names_in_the_same_files():
    block = next(node for node in SOURCE.body if isinstance(node, ast.If))
    assert ast.unparse(block.test) == "TYPE_CHECKING"
    imported = [(line.module, alias.name, alias.asname)
                for line in block.body for alias in line.names]
    loaded = [(f"helpers.{module}", name, name) for name, module in helpers._MODULE.items()]
    assert sorted(imported) == sorted(loaded), "`X as X` is what says that a name is public"


def test_each_name_is_the_one_of_its_file():
    for name, module in helpers._MODULE.items():
        assert getattr(helpers, name) is getattr(importlib.import_module(f"helpers.{module}"), name)
    assert set(helpers.__all__) <= set(dir(helpers))


def test_an_unknown_name_is_answered_with_those_that_there_are():
    with pytest.raises(AttributeError, match="no attribute 'Encodr'; it has .*, Encoder, "):
        helpers.Encodr  # noqa: B018


def test_the_package_says_that_it_has_types():
    assert pathlib.Path(helpers.__file__).with_name("py.typed").is_file()


@pytest.mark.parametrize("name", ["pooling", "proof", "show", "encoder.bge_m3", "__main__"])
def test_public_functions_have_types(name):
    """Every argument and every result of the files that a notebook or a person imports from."""
    module = importlib.import_module(f"helpers.{name}")
    tree = ast.parse(pathlib.Path(sys.modules[module.__name__].__file__).read_text("utf-8"))
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            arguments = node.args.posonlyargs + node.args.args + node.args.kwonlyargs
            assert all(argument.annotation for argument in arguments) and node.returns, node.name
