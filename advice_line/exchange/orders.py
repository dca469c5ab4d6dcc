"""Orders: what the drivers of practice calls may send, as JSON, and what is said when they send something else."""

import asyncio
import base64
import binascii
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from advice_line.exchange.faults import POSSIBLE, Deed, Fault, Step
from advice_line.exchange.inbound import IncomingCall
from advice_line.exchange.phones import Answers, Behaviour
from advice_line.exchange.script import Script
from advice_line.exchange.sound import NotAWav, Sound
from advice_line.exchange.voice import NoVoice, speak

LARGEST_AUDIO = 60_000_000
"""Characters of base64."""

E164 = Annotated[str, Field(pattern=r"^\+[1-9]\d{6,14}$")]
Keys = Annotated[str, Field(pattern=r"^[0-9*#]*$", max_length=200)]
Seconds = Annotated[float, Field(ge=0, le=4 * 3600)]


class Refused(Exception):
    """An order that cannot be carried out: the HTTP status and one sentence that says what to do."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence


class Order(BaseModel):
    """The base of all: an unknown field is a mistake, and said to be one."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class Speech(Order):
    """What to say: words to be spoken, or a WAV file in base64; then perhaps keys, or the phone put down."""

    text: Annotated[str, Field(max_length=5000)] = ""
    audio_base64: Annotated[str, Field(max_length=LARGEST_AUDIO)] = ""
    then_press: Keys = ""
    then_hang_up: bool = False

    async def sound(self) -> Sound | None:
        """The sound of it; None when there is nothing to say. Raises Refused."""
        try:
            if self.audio_base64:
                return await asyncio.to_thread(Sound.of_wav, base64.b64decode(self.audio_base64, validate=True))
            return await asyncio.to_thread(speak, self.text) if self.text else None
        except binascii.Error as error:
            raise Refused(422, "The sound is not in base64. Please send the WAV file encoded as base64.") from error
        except (NotAWav, NoVoice) as error:
            raise Refused(422, str(error)) from error

    def words(self, sound: Sound | None) -> str:
        """How the transcript shows it."""
        return self.text or (f"(a recording of {sound.seconds:.1f} seconds)" if sound else "")


class Press(Order):
    """Keys to press, in turn."""

    digits: Annotated[str, Field(pattern=r"^[0-9*#]+$", max_length=200)]


class FaultOrder(Order):
    """Something to do wrong on purpose; `times` 0 is every time, without `call_sid` it is done to any call."""

    step: Step
    does: Deed
    times: Annotated[int, Field(ge=0)] = Fault.times
    seconds: Annotated[float, Field(ge=0, le=3600)] = Fault.seconds
    call_sid: Annotated[str, Field(max_length=64)] = ""

    def fault(self) -> Fault:
        """As the exchange keeps it. Raises Refused."""
        fault = Fault(**self.model_dump())
        if not fault.possible:
            possible = ", ".join(sorted(POSSIBLE[self.step]))
            raise Refused(422, f"{self.does} cannot be done at {self.step}. What can be done there: {possible}.")
        return fault


class NewCall(Order):
    """A call to a line. With `keys`, words, sound or `hang_up_after` it follows that script; with none of them a person
    drives it. `from` may be `withheld`, or a word of the kind that Twilio sends for a number it does not have.
    `faults` are done to this call alone."""

    to: E164
    from_: Annotated[
        str, Field(alias="from", pattern=r"^(\+[1-9]\d{6,14}|withheld|anonymous|unknown|restricted|unavailable)$")
    ]
    keys: Keys | None = None
    say: Annotated[str, Field(max_length=5000)] = ""
    audio_base64: Annotated[str, Field(max_length=LARGEST_AUDIO)] = ""
    then_press: Keys = ""
    hang_up_after: Seconds | None = None
    forwarded_from: E164 | Literal[""] = ""
    unhurried: bool = False
    wait: bool = True
    faults: Annotated[list[FaultOrder], Field(max_length=50)] = []

    @property
    def scripted(self) -> bool:
        """Whether it says beforehand what the caller will do."""
        return self.keys is not None or bool(self.say or self.audio_base64) or self.hang_up_after is not None

    async def incoming(self) -> IncomingCall:
        """The call, with its sound made ready. Raises Refused."""
        script = None
        if self.scripted:
            speech = Speech(text=self.say, audio_base64=self.audio_base64)
            sound = await speech.sound()
            script = Script(self.keys or "", sound, speech.words(sound), self.then_press)
        return IncomingCall(
            to=self.to,
            from_=self.from_,
            script=script,
            forwarded_from=self.forwarded_from,
            hang_up_after=self.hang_up_after,
            unhurried=self.unhurried,
            faults=[order.fault() for order in self.faults],
        )


class PhoneOrder(Order):
    """How a practice telephone is to behave; what is left out is as usual."""

    answers: Answers = "yes"
    presses: Keys = "1"
    answer_after_seconds: Seconds = Behaviour.answer_after_seconds
    talks_seconds: Seconds = Behaviour.talks_seconds
    hangs_up: Literal["callee", "other"] = "callee"

    def behaviour(self) -> Behaviour:
        """As the exchange keeps it."""
        return Behaviour(**self.model_dump())
