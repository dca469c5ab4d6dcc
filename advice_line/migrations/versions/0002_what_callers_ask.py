"""What callers ask at the tone: to be called without a message, at a number that they key in. Silence is told apart."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "ALTER TABLE call"
        " ADD COLUMN callback_requested_at timestamptz,"
        # The number that a caller keyed in because their own is hidden: for ringing back, never to know them by.
        " ADD COLUMN given_number text,"
        " ADD COLUMN recorders integer NOT NULL DEFAULT 0"
    )
    op.execute("ALTER TABLE enquiry ADD COLUMN number_given boolean NOT NULL DEFAULT false")
    op.execute(
        "ALTER TABLE enquiry ADD CONSTRAINT number_given_is_there CHECK (NOT number_given OR caller_number IS NOT NULL)"
    )
    # Of the length of a recording, the silence that ended it.
    op.execute("ALTER TABLE message ADD COLUMN quiet_seconds integer NOT NULL DEFAULT 0 CHECK (quiet_seconds >= 0)")
    op.execute(
        "CREATE INDEX call_that_was_silent ON call (service_id, from_number, started_at)"
        " WHERE end_state = 'hung_up_tone'"
    )
