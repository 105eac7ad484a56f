"""Run a Great Expectations suite on a table; returns one RuleResult per rule."""

import logging
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit
from urllib.request import url2pathname

from psycopg.types.string import TextLoader
from sqlalchemy import event
from sqlalchemy.pool import NullPool

from include.errors import TextileError
from include.quality import report
from include.quality.results import RuleResult


class GateError(TextileError):
    """A rule could not be evaluated, so the validation has not passed.

    ``__cause__`` is PostgreSQL's error, if there was one.
    """


class Gate:
    """One validation: its context, connection and Data Docs."""

    def __init__(self, dsn: str, docs_dir: Path) -> None:
        """``dsn`` is a ``postgresql://`` string; ``docs_dir``: where its Data Docs are written."""
        gx = _great_expectations()
        self._docs_dir = docs_dir
        self._results: list[RuleResult] = []
        self._server_error: BaseException | None = None
        self._validations: list[tuple[str, Any]] = []
        self._context = gx.get_context(mode="ephemeral")
        self._context.variables.progress_bars = {"globally": False}
        for site in list(self._context.get_site_names()):
            self._context.delete_data_docs_site(site)
        self._context.add_data_docs_site(
            site_name="validation",
            site_config={
                "class_name": "SiteBuilder",
                "store_backend": {
                    "class_name": "TupleFilesystemStoreBackend",
                    "base_directory": str(docs_dir),
                },
                "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
            },
        )
        self._source = self._context.data_sources.add_postgres(
            "warehouse",
            connection_string=dsn.replace("postgresql://", "postgresql+psycopg://", 1),
            # A pool would keep two connections open after each batch of a long load.
            kwargs={"poolclass": NullPool},
        )
        engine = self._source.get_execution_engine().engine
        event.listen(engine, "connect", _numbers_as_text)
        event.listen(engine, "handle_error", self._note_error)

    def validate(self, schema: str, table: str, suite: Any, index: list[str]) -> list[RuleResult]:
        """Run every rule of ``suite`` on ``schema.table``.

        A first run finds which rules fail; only those run again to get the failing rows. This takes less than
        half the time of getting rows at once. GateError if a rule cannot run.
        """
        with warnings.catch_warnings():
            # Its replacement, a schema per connection, would omit the schema in the queries of failing rows.
            warnings.filterwarnings("ignore", "`schema_name` is deprecated", DeprecationWarning)
            asset = self._source.add_table_asset(
                f"{suite.name} on {schema}.{table}", table_name=table, schema_name=schema
            )
            batch = asset.add_batch_definition_whole_table("all")
        quick = self._run(f"{table} {suite.name}", batch, suite.expectations, "BOOLEAN_ONLY")
        failed = [r.expectation_config for r in quick if not r.success]
        complete: dict[str, Any] = {}
        if failed:
            rules = {c.meta["rule"] for c in failed}
            again = [e for e in suite.expectations if e.meta["rule"] in rules]
            form = {"result_format": "COMPLETE", "unexpected_index_column_names": index}
            for result in self._run(f"{table} {suite.name} failed rules", batch, again, form):
                complete[result.expectation_config.meta["rule"]] = result
        queries = {
            e.meta["rule"]: e.unexpected_rows_query
            for e in suite.expectations
            if hasattr(e, "unexpected_rows_query")
        }
        results = [
            _plain(
                suite.name, complete.get(r.expectation_config.meta["rule"], r), queries, f"{schema}.{table}"
            )
            for r in quick
        ]
        self._results += results
        return results

    def report(self, results: list[RuleResult]) -> None:
        """Add results of checks without Great Expectations to the report of this validation."""
        self._results += results

    def write_docs(self) -> Path:
        """Write the report and the Data Docs of this validation; returns the page to open."""
        self._context.build_data_docs()
        report.share_static(self._docs_dir)
        report.remove_external(self._docs_dir)
        pages = [(name, self._page_of(identifier)) for name, identifier in self._validations]
        return report.write(self._docs_dir, self._docs_dir.name, self._results, pages)

    def _note_error(self, context: Any) -> None:
        """Keep PostgreSQL's first error: Great Expectations passes on only its text."""
        self._server_error = self._server_error or context.original_exception

    def _page_of(self, identifier: Any) -> str:
        (site,) = self._context.get_docs_sites_urls(resource_identifier=identifier)
        return quote(str(Path(url2pathname(urlsplit(site["site_url"]).path)).relative_to(self._docs_dir)))

    def _run(self, name: str, batch: Any, expectations: Iterable[Any], result_format: Any) -> list[Any]:
        gx = _great_expectations()
        # A suite belongs to one context, so copies are validated.
        copies = [e.copy(update={"id": None}) for e in expectations]
        suite = self._context.suites.add(gx.ExpectationSuite(name=name, expectations=copies))
        definition = self._context.validation_definitions.add(
            gx.ValidationDefinition(name=name, data=batch, suite=suite)
        )
        checkpoint = self._context.checkpoints.add(
            gx.Checkpoint(name=name, validation_definitions=[definition], result_format=result_format)
        )
        run = checkpoint.run()
        self._validations += [(name, identifier) for identifier in run.run_results]
        results = [r for validation in run.run_results.values() for r in validation.results]
        for result in results:
            if error := _exception(result.exception_info):
                raise GateError(
                    f"rule {result.expectation_config.meta['rule']} on {name} could not be evaluated: {error}"
                ) from self._server_error
        return results


def docs_dir(home: Path, gate: str, name: str) -> Path:
    """The folder of the Data Docs of one validation."""
    return home / "data_docs" / gate / name


def _great_expectations() -> Any:
    """Import on first use: it takes 3-7 s, too long when Airflow parses DAGs."""
    # Before the import, which would write a hundred lines to every task's log.
    logging.getLogger("great_expectations").setLevel(logging.WARNING)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import great_expectations
    # The import sets this level.
    logging.getLogger("great_expectations.data_context.types.base").setLevel(logging.WARNING)

    return great_expectations


def _numbers_as_text(connection: Any, _: object) -> None:
    """Read numerics as text: Great Expectations takes minutes to convert the Decimals of failing rows.

    Rules compare in SQL; a rule that compares in Python (a column's sum) cannot be evaluated.
    """
    connection.adapters.register_loader("numeric", TextLoader)


def _exception(info: dict[str, Any]) -> str | None:
    """The first exception message in ``exception_info``, which has two shapes."""
    parts = [info] if "raised_exception" in info else list(info.values())
    messages = [p["exception_message"] for p in parts if p and p.get("raised_exception")]
    return str(messages[0]).splitlines()[0] if messages else None


def _plain(suite: str, result: Any, queries: dict[str, str], table: str) -> RuleResult:
    config = result.expectation_config
    meta, kwargs, details = config.meta, config.kwargs, result.result
    code = meta["rule"]
    count: int | None = None if result.success else details.get("unexpected_count")
    query: str | None = None
    if not result.success:
        if code in queries:
            query = queries[code].format(batch=table)
            count = int(details["observed_value"])
        elif index_query := details.get("unexpected_index_query"):
            query = index_query.rstrip().rstrip(";")
    return RuleResult(
        suite=suite,
        rule=code,
        level=meta["level"],
        severity=str(config.severity.value if hasattr(config.severity, "value") else config.severity),
        expectation=config.type,
        column=kwargs.get("column") or kwargs.get("column_B"),
        success=bool(result.success),
        unexpected_count=count,
        zh=meta["zh"],
        en=meta["en"],
        rows_query=query,
        details={} if result.success else _json_safe(details),
    )


def _json_safe(details: dict[str, Any]) -> dict[str, Any]:
    kept = ("element_count", "unexpected_count", "unexpected_percent", "partial_unexpected_list", "details")
    return {k: details[k] for k in kept if k in details}
