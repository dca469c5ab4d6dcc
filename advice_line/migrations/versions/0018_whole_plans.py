"""Whether a service's last plan was worked out to its end; when not, it is the best that was found in the time."""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE planning ADD COLUMN is_complete boolean NOT NULL DEFAULT true")
