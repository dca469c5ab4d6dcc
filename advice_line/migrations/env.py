"""Alembic's entry: runs the migrations on the connection that `schema.migrate` hands over, in one transaction."""

from alembic import context

from advice_line.db import Base

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=Base.metadata, transaction_per_migration=False)
with context.begin_transaction():
    context.run_migrations()
