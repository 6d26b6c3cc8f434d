"""README and CONTRIBUTING point at things that exist, and the map of chapters is the true one."""

import re
import tomllib

import pytest
from notebooks import chapters


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md"])
def test_every_local_link_leads_somewhere(root, page):
    text = (root / page).read_text(encoding="utf-8")
    links = re.findall(r'\]\((?!https?:)([^)#]+)|src="(?!https?:)([^"]+)"', text)
    missing = [a or b for a, b in links if not (root / (a or b)).exists()]
    assert missing == []


def test_map_links_the_written_chapters_and_marks_the_others(root):
    text = (root / "README.md").read_text(encoding="utf-8")
    table = tomllib.loads((root / "_ext/diffusion_book/chapters.toml").read_text(encoding="utf-8"))
    written = {int(p.stem[:2]): p.name for p in chapters() if p.stem[0].isdigit()}
    rows = [row for part in table["part"] for row in part["chapters"]]
    assert [number for number, *_ in rows] == list(range(1, 28))
    for number, title, _ in rows:
        link = f"[{number} {title}](chapters/{written.get(number)})"
        entry = link if number in written else f"{number} {title} (planned)"
        assert entry in text, f"README's map lacks: {entry}"
