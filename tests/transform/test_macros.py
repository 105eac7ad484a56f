"""Every macro says what it does and what its arguments are."""

import pytest

from include.transform.mart_pages import parse_manifest

pytestmark = pytest.mark.heavy


def test_every_macro_and_argument_is_described() -> None:
    macros = [m for m in parse_manifest()["macros"].values() if m["package_name"] == "lanxi_textile"]
    assert {"margins", "concentration", "dual_circulation", "share"} <= {macro["name"] for macro in macros}
    assert [macro["name"] for macro in macros if not macro["description"]] == []
    arguments = [(macro["name"], argument) for macro in macros for argument in macro["arguments"]]
    assert [(name, of["name"]) for name, of in arguments if not of["description"]] == []
