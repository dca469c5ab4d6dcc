"""Recorded prompts: sounds that a service plays instead of having its words spoken."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Read before the service is known, hence outside row-level security, and public by their nature.
    op.execute(
        "CREATE TABLE sound ("
        " service_id smallint NOT NULL REFERENCES service,"
        " name text NOT NULL,"
        " content bytea NOT NULL,"
        " PRIMARY KEY (service_id, name))"
    )
