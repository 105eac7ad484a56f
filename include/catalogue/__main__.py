"""``make docs`` runs this: ``python -m include.catalogue``."""

import sys

from include.catalogue import site
from include.errors import TextileError
from include.settings import PROJECT_DIR, load_settings
from include.transform.mart_pages import MART_PAGES, write_pages


def main() -> None:
    """Write docs/marts and the catalogue; print where they are."""
    try:
        print(f"docs: {len(write_pages())} pages in {MART_PAGES.relative_to(PROJECT_DIR)}")
        index = site.write(load_settings())
    except TextileError as error:
        sys.exit(f"docs: {error}")
    print(f"docs: the catalogue is {index}; open it in a browser, no server is needed")


if __name__ == "__main__":
    main()
