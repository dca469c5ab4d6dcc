"""The story: services, lines, people, calls, messages, enquiries, callbacks, attempts, outcomes, referrals, audit."""

from contextlib import closing
from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
    # The driver's own cursor: the file is plain SQL, and no percent sign or colon in it is a parameter.
    with closing(op.get_bind().connection.cursor()) as cursor:
        cursor.execute(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))
