"""A script: what somebody does on the telephone who was told beforehand. Callers and practice telephones follow one."""

from dataclasses import dataclass

from advice_line.exchange.handset import Ear, Handset
from advice_line.exchange.sound import Sound


@dataclass(frozen=True)
class Script:
    """Keys for the menus, in turn; what to say after the tone; and what then.

    After speaking the person presses `then_press`, or hangs up when that is empty. Asked to speak with nothing (more)
    to say, they hang up, or with `stays` keep silent. At a menu without keys left they keep silent.
    """

    keys: str = ""
    sound: Sound | None = None
    words: str = ""
    then_press: str = ""
    stays: bool = False


async def follow(script: Script, handset: Handset) -> None:
    """Do what the script says until the call is over. Menus are heard to their end before a key is pressed."""
    keys, sound = list(script.keys), script.sound
    while not handset.gone:
        ear = handset.ear
        if ear is None or (ear.wants == "keys" and not handset.prompted):
            await handset.bell.wait(None)
        elif ear.wants == "keys" and keys:
            handset.press(keys.pop(0))
        elif ear.wants == "speech" and sound:
            said, sound = sound, None
            await handset.speak(said, script.words)
            _finish_speaking(script, handset, ear)
        elif ear.wants == "speech" and not script.stays:
            handset.hang_up()
        else:
            await _wait_it_out(handset, ear)


def _finish_speaking(script: Script, handset: Handset, ear: Ear) -> None:
    if handset.ear is not ear:
        return  # the recording ended first, by its length or by a pause: listen to what comes next
    if script.then_press:
        handset.press(script.then_press)
    else:
        handset.hang_up()


async def _wait_it_out(handset: Handset, ear: Ear) -> None:
    handset.keep_silent()
    while handset.ear is ear and not handset.gone:
        await handset.bell.wait(None)
