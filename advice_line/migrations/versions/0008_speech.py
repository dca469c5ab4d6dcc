"""Speech: how much of a stored recording is somebody speaking, as a detector hears it."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "ALTER TABLE message ADD COLUMN speech_looked_for_at timestamptz,"
        " ADD COLUMN speech_seconds double precision CHECK (speech_seconds >= 0),"
        " ADD CONSTRAINT speech_was_looked_for CHECK (speech_seconds IS NULL OR speech_looked_for_at IS NOT NULL)"
    )
    op.execute(
        "CREATE INDEX message_to_look_through ON message (service_id, id)"
        " WHERE state = 'stored' AND speech_looked_for_at IS NULL"
    )
