"""Nothing told in vain: who has a letter in hand, what became of a duty lead's text, who looks through a sound."""

from contextlib import closing
from pathlib import Path

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # The driver's own cursor: the file is plain SQL, and no percent sign or colon in it is a parameter.
    with closing(op.get_bind().connection.cursor()) as cursor:
        cursor.execute(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))
