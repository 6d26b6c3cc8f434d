"""The chapters hold nothing that they should not, and the checker sees what it is there for."""

import nbformat
import pytest
from colab import ROOT, point_to_copies, with_install_cell, write_copies
from notebooks import chapters, code_faults, faults

REPOSITORY = "https://github.com/someone/one-density"
ABOUT = {"figure": {"caption": "It moves.", "name": "fig-x"}, "image": {"alt": "A curve."}}


@pytest.mark.parametrize("path", chapters(), ids=lambda path: path.stem)
def test_chapter_is_clean(path):
    assert list(faults(path)) == []


@pytest.mark.parametrize(
    ("source", "metadata", "fault"),
    [
        ("x = 1\n" * 31, {}, "31 lines"),
        ("!pip install numpy", {}, "installs"),
        ("%pip install numpy", {}, "installs"),
        ("class Net:\n    pass", {}, "class Net"),
        ("from diffusion_lab.process import _hidden", {}, "private"),
        ("from diffusion_lab._inner import thing", {}, "private"),
        ("import diffusion_lab._inner", {}, "private"),
        ('open("/home/me/data.npz")', {}, "absolute"),
        ("fig, ax = plt.subplots()", {}, "figure.caption"),
        ("fig, ax = plt.subplots()", {"mystnb": {"figure": ABOUT["figure"]}}, "image.alt"),
        ("fig, ax = plt.subplots()", {"mystnb": ABOUT | {"image": {"alt": " "}}}, "image.alt"),
    ],
)
def test_fault_is_found(source, metadata, fault):
    found = list(code_faults(nbformat.v4.new_code_cell(source, metadata=metadata)))
    assert any(fault in text for text in found), found


def test_outputs_and_counts_are_found():
    output = nbformat.v4.new_output("stream", text="7")
    cell = nbformat.v4.new_code_cell("print(7)", outputs=[output], execution_count=3)
    assert len(list(code_faults(cell))) == 2


@pytest.mark.parametrize(
    ("source", "metadata"),
    [
        ("from diffusion_lab import VP\nVP(0.1, 20.0).alpha(1 / 2)", {}),
        ("%matplotlib inline\nx = a / b", {}),
        ("fig, ax = plt.subplots()", {"mystnb": ABOUT}),
    ],
)
def test_clean_cell_is_left_alone(source, metadata):
    assert list(code_faults(nbformat.v4.new_code_cell(source, metadata=metadata))) == []


def chapter():
    """Return a small chapter."""
    cells = [nbformat.v4.new_markdown_cell("# A chapter"), nbformat.v4.new_code_cell("x = 1")]
    return nbformat.v4.new_notebook(cells=cells)


def test_colab_copy_has_one_cell_more_and_it_installs():
    original = chapter()
    copy = nbformat.from_dict(with_install_cell(original, REPOSITORY))
    nbformat.validate(copy)
    assert copy.cells[1:] == original.cells
    assert len(original.cells) == 2
    assert copy.cells[0].cell_type == "code"
    assert f"git clone --quiet --depth 1 {REPOSITORY} " in copy.cells[0].source
    assert "%pip install" in copy.cells[0].source


def test_colab_copies_are_written_where_the_links_lead(tmp_path):
    written = write_copies(tmp_path, REPOSITORY)
    assert [path.relative_to(tmp_path) for path in written] == [
        path.relative_to(ROOT) for path in chapters()
    ]
    for path in written:
        nbformat.validate(nbformat.read(path, as_version=4))


def test_colab_links_lead_to_the_copies_and_other_links_stay():
    colab = "https://colab.research.google.com/github/someone/one-density/blob"
    source = f"{REPOSITORY}/blob/main/chapters/07.ipynb"
    page = f'<a href="{colab}/main/chapters/07.ipynb"></a><a href="{source}"></a>'
    wanted = f'<a href="{colab}/colab/chapters/07.ipynb"></a><a href="{source}"></a>'
    assert point_to_copies(page, REPOSITORY) == wanted
