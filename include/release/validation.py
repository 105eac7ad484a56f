"""Validate a build: the release gate, drift against the current release, differences to the newest one."""

import logging

from include.quality import gate as quality
from include.quality import release_gate
from include.release import build_log, drift, store
from include.settings import Role, Settings
from include.transform import dbt_manifest
from include.warehouse.connection import connect, exclusive

log = logging.getLogger(__name__)


def validate(settings: Settings, build_id: int, accepted: drift.Acceptance | None = None) -> list[str]:
    """Run the release gate on the candidate; returns the codes of the critical rules that failed.

    ``accepted``: failed drift rules do not count. A candidate that passed is compared with the newest
    release, for :func:`publishing.publish_build`. StaleBuildError when a load was accepted since the build
    began: the candidate may hold part of it.
    """
    with connect(settings, Role.PUBLISHER, autocommit=True) as connection, exclusive(connection, "release"):
        build_log.require(connection, build_id, "built")
        build_log.require_fresh(connection, build_id)
        gate = quality.Gate(
            settings.dsn(Role.PUBLISHER), quality.docs_dir(settings.home, "release", f"build_{build_id}")
        )
        marts = dbt_manifest.marts(settings)
        unproven = build_log.unproven_months(connection, build_id)
        results = release_gate.validate(connection, gate, build_id, marts, unproven)
        docs = str(gate.write_docs().relative_to(settings.home))
        failed = [r for r in results if not r.success and r.severity == "critical"]
        if failed:
            build_log.require_fresh(connection, build_id)
        for result in failed:
            log.warning(
                "build %s: %s: %s: %s / %s", build_id, result.suite, result.rule, result.en, result.zh
            )
            for line in drift.lines(result):
                log.info("build %s: %s", build_id, line)
        with connection.transaction():
            if accepted:
                failed = drift.accept(connection, build_id, accepted, failed)
            if not failed:
                store.compare(connection, [mart.name for mart in marts])
            status = "refused" if failed else "validated"
            rules = [r.rule for r in failed]
            build_log.finish(connection, build_id, status, failed_rules=rules, docs_path=docs)
        log.info(
            "build %s: %s rules, %s; Data Docs: %s", build_id, len(results), status, settings.home / docs
        )
        return rules
