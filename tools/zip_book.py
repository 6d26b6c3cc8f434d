"""Pack the built book into one zip file that opens offline."""

import zipfile

from book import BUILD, HTML

NAME = "one-density-many-dynamics"


def main() -> None:
    """Write _build/NAME.zip; in it, everything lies in one folder of that name."""
    target = BUILD / f"{NAME}.zip"
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(path for path in HTML.rglob("*") if path.is_file()):
            archive.write(path, f"{NAME}/{path.relative_to(HTML)}")
    size = target.stat().st_size / 1e6
    print(f"Packed {target} ({size:.1f} MB). Unpack it and open {NAME}/index.html.")


if __name__ == "__main__":
    main()
