"""What one practice exchange is told when it starts: whose calls it plays, where they go, and how fast."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class NumberConfig:
    """Where Twilio would send the calls and texts of one number; `label` is what `/practice-phone` calls the line."""

    voice_url: str
    voice_fallback_url: str = ""
    status_callback: str = ""
    label: str = ""
    sms_url: str = ""


@dataclass(frozen=True)
class ExchangeConfig:
    """The settings of one exchange.

    `product_url` is where requests really go; `public_url` is the address the product believes it has, over which
    signatures are made (the same as `product_url` when empty). `numbers` are the account's own numbers by E.164; when
    it is empty every number counts as the account's own. `pace` is real seconds for each second of the line's time:
    1.0 is real time, 0 is as fast as possible. `seed` makes SIDs repeatable, for tests only: a product that has
    already met a SID would take the new call for the old one.
    """

    product_url: str
    account_sid: str
    auth_token: str
    data: Path
    api_keys: Mapping[str, str] = field(default_factory=dict)
    numbers: Mapping[str, NumberConfig] = field(default_factory=dict)
    public_url: str = ""
    pace: float = 1.0
    seed: int | None = None

    @property
    def product_base(self) -> str:
        """Where requests really go, without a trailing slash."""
        return self.product_url.rstrip("/")

    @property
    def public_base(self) -> str:
        """The product's address as it knows it, without a trailing slash."""
        return (self.public_url or self.product_url).rstrip("/")

    def number(self, e164: str) -> NumberConfig:
        """The webhooks of a number; a number without its own gets the product's usual four."""
        return self.numbers.get(e164) or NumberConfig(
            voice_url=f"{self.product_base}/webhooks/voice",
            voice_fallback_url=f"{self.product_base}/webhooks/voice/fallback",
            status_callback=f"{self.product_base}/webhooks/call-status",
            sms_url=f"{self.product_base}/webhooks/sms",
        )

    def owns(self, e164: str) -> bool:
        """Whether the account may show this number as a caller ID."""
        return not self.numbers or e164 in self.numbers
