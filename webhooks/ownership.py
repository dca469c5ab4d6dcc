"""Ownership: which account of the telephone network may tell of which line.

A signature proves only that some account of ours sent a post. Services may have accounts of their own, and what one
tells must never be written into another's story.
"""

from collections.abc import Mapping

from advice_line.lines.directory import Directory, Line
from advice_line.settings import Account
from webhooks.post import Post


def line_of(directory: Directory, post: Post) -> Line | None:
    """The line that the address names, else the one that was called; None when neither is ours."""
    return directory.lines.get(post.line) or directory.line_by_number(post.field("To"))


def is_owner(accounts: Mapping[str, Account], line: Line, post: Post) -> bool:
    """Whether the post's account is the one that the line's service has in its configuration."""
    account = accounts.get(line.service.configuration.account)
    return account is not None and account.sid == post.field("AccountSid")


def names_of(accounts: Mapping[str, Account], post: Post) -> str:
    """The names, with commas, that the settings have for the post's account."""
    return ",".join(sorted(name for name, account in accounts.items() if account.sid == post.field("AccountSid")))
