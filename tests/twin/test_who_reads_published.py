"""Published figures are read by the twin and by the comparison, and by nobody else."""

from __future__ import annotations

import ast

READERS = (
    "src/rctspark/twin/",
    # The comparison of a twin's results with what is published, and the job that
    # hands it the folder.
    "src/rctspark/release/publication/",
    "jobs/publish_results.py",
)
FOLDER = "published"


def names_the_folder(text):
    """Whether code builds a path with the folder in it: `a / "published"`, or a text."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
            sides = (node.left, node.right)
            if any(isinstance(s, ast.Constant) and s.value == FOLDER for s in sides):
                return True
        if isinstance(node, ast.Call):
            texts = [a.value for a in node.args if isinstance(a, ast.Constant)]
            if any(f"{FOLDER}/" in str(t) or t == FOLDER for t in texts):
                return True
    return False


def test_nobody_else_names_the_folder_of_published_figures(root):
    files = [*root.glob("src/**/*.py"), *root.glob("jobs/*.py")]
    found = {
        str(path.relative_to(root))
        for path in files
        if names_the_folder(path.read_text(encoding="utf-8"))
    }
    assert "src/rctspark/twin/ww/published.py" in found
    assert not {path for path in found if not path.startswith(READERS)}


def test_a_path_to_the_folder_is_recognised():
    assert names_the_folder('root / "conf" / "published" / name')
    assert names_the_folder('read("conf/published/ww")')
    assert names_the_folder('root.joinpath("conf", "published")')
    assert not names_the_folder('HEADER = ("table", "published")')


def test_no_room_imports_the_twin(root):
    """Import-linter keeps rooms apart; jobs meet the twin in one place."""
    importing = {
        path.name
        for path in root.glob("jobs/*.py")
        if "rctspark.twin" in path.read_text(encoding="utf-8")
    }
    assert importing == {"make_twin.py"}
