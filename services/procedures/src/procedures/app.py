"""`create_app`: the one place where the parts of procedures meet."""

from fastapi import FastAPI
from pyhanko.sign.timestamps import HTTPTimeStamper

from procedures.access.answers import AnswerWitness
from procedures.anchors import routes as anchor_routes
from procedures.apologies import routes as apology_routes
from procedures.backlogs import routes as backlog_routes
from procedures.calendars import routes as calendar_routes
from procedures.calendars.operations import Calendars
from procedures.calendars.redating import keep_dated
from procedures.case_migrations import routes as migration_routes
from procedures.cases import commands as case_commands
from procedures.cases import routes as case_routes
from procedures.catalogue import routes as catalogue_routes
from procedures.catalogue.operations import Versions
from procedures.catalogue.operations import hand_over as hand_versions_over
from procedures.clocks import routes as clock_routes
from procedures.consultations import routes as consultation_routes
from procedures.consumers import HANDLERS
from procedures.decision_tables import routes as decision_table_routes
from procedures.delegations import routes as delegation_routes
from procedures.dependencies import Desk
from procedures.diagrams import routes as diagram_routes
from procedures.documents import routes as document_routes
from procedures.documents.contents import Contents
from procedures.domain.consulting import Limits
from procedures.event_logs import routes as event_log_routes
from procedures.extensions import routes as extension_routes
from procedures.external_tasks import routes as external_task_routes
from procedures.external_tasks.bell import Bell, carry
from procedures.external_tasks.bell import hand_over as hand_bell_over
from procedures.external_tasks.watch import watch_leases
from procedures.fees import routes as fee_routes
from procedures.forecasts import routes as forecast_routes
from procedures.keys.keyring import Keyring, hand_over
from procedures.links import routes as link_routes
from procedures.payments import routes as payment_routes
from procedures.payments.providers import Providers
from procedures.reassignments import routes as reassignment_routes
from procedures.reassignments.operations import keep_reassigned
from procedures.results import routes as result_routes
from procedures.results.operations import Press
from procedures.results.signing import Seal
from procedures.results.signing_keys import SigningKeys, keep_read
from procedures.retention import routes as retention_routes
from procedures.settings import Settings
from procedures.simulations import routes as simulation_routes
from procedures.statistics import routes as statistics_routes
from procedures.stays import routes as stay_routes
from procedures.timers.operations import database_clock, told_by
from procedures.timers.watch import watch_timers
from procedures.tracking import routes as tracking_routes
from procedures.tracking.guesses import Guesses
from procedures.upkeep import keep_anchored, keep_in_view, keep_tidy
from procedures.versions import routes as version_routes
from procedures.work_list import routes as work_list_routes
from shared.clock import Clock
from shared.events.procedures import (
    ACCESS_TOPIC,
    ANCHOR_TOPIC,
    CASE_TOPIC,
    PROCEDURE_TOPIC,
    STATISTICS_TOPIC,
)
from shared.events.procedures_tasks import TASK_TOPIC
from shared.events.procedures_work import CLAIM_TOPIC, DELEGATION_TOPIC
from shared.inbox import Consumer
from shared.settings import KafkaSettings
from shared.web import Parts, create_service


def create_app(settings: Settings, kafka: KafkaSettings, *, clock: Clock | None = None) -> FastAPI:
    """The application of procedures."""
    parts = Parts.of(settings, kafka, clock=clock)
    contents = Contents(settings.document_store)
    signing_keys = SigningKeys(
        settings.result_certificates, settings.result_passphrase.get_secret_value().encode()
    )
    time_stamps = settings.result_time_stamps
    seal = Seal(signing_keys, None if time_stamps is None else HTTPTimeStamper(str(time_stamps)))
    keyring = Keyring(settings.master_key.get_secret_value())
    hand_over(keyring, parts.database)
    versions = Versions()
    hand_versions_over(versions, parts.database)
    bell = Bell()
    hand_bell_over(bell, parts.database)
    desk = Desk(
        database=parts.database,
        clock=parts.clock,
        versions=versions,
        calendars=Calendars(),
        contents=contents,
        document_limit=settings.document_limit,
        consultations=Limits(settings.consultations_at_once, settings.consultations_in_all),
        tracking_key=settings.tracking_key.get_secret_value().encode(),
        press=Press(seal, contents, settings.public_url),
        guesses=Guesses(),
        providers=Providers.of(settings.payment_providers),
        bell=bell,
        witness=database_clock if clock is None else told_by(clock),
    )
    app = create_service(
        settings,
        parts,
        name="procedures",
        title="Motcua procedures",
        description="Administrative procedures as versioned data, and the handling of their cases.",
        version="1.0.0",
        routers=[  # matched in this order: what is asked most comes first
            case_routes.router,
            case_commands.router,
            work_list_routes.router,
            tracking_routes.router,
            clock_routes.router,
            document_routes.router,
            catalogue_routes.router,
            calendar_routes.router,
            diagram_routes.router,
            statistics_routes.router,
            result_routes.router,
            extension_routes.router,
            apology_routes.router,
            anchor_routes.router,
            retention_routes.router,
            simulation_routes.router,
            version_routes.router,
            migration_routes.router,
            decision_table_routes.router,
            fee_routes.router,
            payment_routes.router,
            external_task_routes.router,
            link_routes.router,
            consultation_routes.router,
            backlog_routes.router,
            stay_routes.router,
            forecast_routes.router,
            event_log_routes.router,
            delegation_routes.router,
            reassignment_routes.router,
        ],
        topics=[
            *(PROCEDURE_TOPIC, CASE_TOPIC, STATISTICS_TOPIC, ACCESS_TOPIC, ANCHOR_TOPIC, TASK_TOPIC),
            *(CLAIM_TOPIC, DELEGATION_TOPIC),
        ],
        consumer=Consumer(
            parts.database,
            kafka,
            parts.clock,
            group="procedures",
            handlers=HANDLERS,
            prefix=settings.event_type_prefix,
        ),
        background=[
            lambda: keep_tidy(desk),
            lambda: keep_read(signing_keys),
            lambda: keep_dated(parts.database, parts.clock),
            lambda: watch_timers(desk),
            lambda: keep_anchored(desk),
            lambda: carry(bell, parts.database),
            lambda: watch_leases(parts.database, parts.clock),
            lambda: keep_in_view(desk),
            lambda: keep_reassigned(parts.database, parts.clock),
        ],
    )
    app.state.desk = desk
    app.state.answer_seal = keyring
    app.state.answer_witness = AnswerWitness()
    return app
