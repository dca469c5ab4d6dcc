"""Drafts: what a therapist types during a call, kept until its outcome is recorded."""

from contextlib import closing
from pathlib import Path

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # The driver's own cursor: the file is plain SQL, and no percent sign or colon in it is a parameter.
    with closing(op.get_bind().connection.cursor()) as cursor:
        cursor.execute(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))
