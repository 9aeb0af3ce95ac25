"""Functions of the core that change something for a principal and ask for nothing themselves, with who does."""

from __future__ import annotations

PARTS: dict[str, str] = {
    "core.accounts.invitations.use": "whoever holds the invitation's token",
    "core.ctr.monitoring.prediction_log.record_predictions": "one's own rows; `ctr.predict` in core.ctr.serving",
    "core.fragrance.catalogue.item_saving.remove_item": "`fragrance.write` in catalogue.undoing",
    "core.fragrance.catalogue.item_saving.save_items": "`fragrance.write` in catalogue.stored and undoing",
    "core.fragrance.catalogue.item_saving.save_items_in": "`fragrance.write` in catalogue.stored",
    "core.fragrance.composing.kept_conversations.keep_turn": "`fragrance.compose` in composing.conversation",
    "core.jobs.records.queue_prepared": "what `core.jobs.records.prepared` asks for, in the same step",
    "core.notifications.notifier.notify": "a notice to oneself, queued by what happened",
    "core.storage.audit.note_now": "a line about oneself",
    "core.storage.exports.hand_out": "what the export names, see above",
}
