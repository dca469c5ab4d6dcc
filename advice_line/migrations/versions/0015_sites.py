"""Sites: where therapists work, and from where they ring back in a session. Keys of the service's configuration."""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE therapist ADD COLUMN sites text[] NOT NULL DEFAULT '{}'")
    op.execute("ALTER TABLE rota_session ADD COLUMN site text CHECK (site <> '')")
    op.execute("ALTER TABLE one_off_session ADD COLUMN site text CHECK (site <> '')")
