"""The sentences of ours that callers and therapists hear; all others are in the configuration of their line."""

VOICE = "Polly.Amy"  # where no line is known that has a voice of its own

EMERGENCY = "In an emergency dial 999, and for urgent medical help dial 111."

NOT_IN_USE = f"Sorry, the number you have called is not in use. {EMERGENCY} Please check the number. Goodbye."
SOMETHING_WRONG = f"{EMERGENCY} Sorry, something is not working just now."
LEAVE_MESSAGE = (
    "Please leave your name, your phone number, said twice, and what you are calling about. "
    "We record your message and keep it with our records. Speak after the tone, and press hash when you have finished."
)
LEAVE_MESSAGE_OUTSIDE = (
    "Please leave your name, your phone number, said twice, and what you are calling about. "
    "We record your message and keep it with our records. Speak after the tone, and hang up when you have finished. "
    "If you have left your message already, you need do nothing more: you can hang up now."
)
LEFT_ALREADY = (
    "If you have left your message already, with your phone number, we have it, and you can hang up now. "
    "If not, stay on the line."
)
CALL_LATER = "Please call again later. Goodbye."
THANK_YOU = "Thank you. Goodbye."

NOT_RECOGNISED = "Sorry, we do not know that choice."
RECORDED = "We record your message. Please speak after the tone, and press hash when you have finished."
NOTHING_YET = (
    "Sorry, we did not hear anything. If you cannot speak now, press 1, and we will call you back. "
    "If you can, please wait for the tone, and leave your message."
)
NOTHING_HEARD = f"Sorry, we still did not hear anything. You can call again at any time. {EMERGENCY} Goodbye."
MORE = "Take your time. If you would like to say more, press 1 and go on after the tone. If not, you can hang up."
NUMBER_HIDDEN = (
    "Thank you. We cannot see the number you are calling from. If you have told us your number, you can hang up. "
    "If not, please key in the number we should call, then press hash. To say it instead, wait for the tone."
)
KEY_NUMBER = "Please key in the number we should call, then press hash."
KEY_UK_NUMBER = "We can call UK numbers only. Please key in a UK number that we should call, then press hash."
NOT_A_NUMBER = "Sorry, that is not a number we can call."
SAY_NUMBER = "Please say your number after the tone, then press hash."
WILL_CALL = "Thank you. We will call you back on the number you are calling from. Goodbye."
WILL_CALL_NUMBER = "Thank you. We will call you back on that number. Goodbye."
NO_NUMBER = f"Sorry, we have no number to call you on. You can call again at any time. {EMERGENCY} Goodbye."
NEARLY_FULL = (
    "Thank you, we have your message so far, and there is time for a little more. "
    "If you have not said your phone number yet, please say it after the tone, then hang up."
)

NEXT = "You are next in the queue."
NO_MUSIC = "A therapist will be with you as soon as they are free. There is no music while you wait."
KEEP_PLACE = "To keep your place and be called back today, press 1."
MESSAGE_INSTEAD = "To leave a message, press 2."
PLACE_KEPT = "Thank you. We have kept your place, and a therapist will call you back today. Goodbye."
CONNECTING = "Thank you for waiting. A therapist is with you now. This call is not recorded."

CALLER_WAITS = "This is the advice line. A caller is waiting on the live line. Press 1 to speak with them."
NOBODY_WAITS = "The caller has rung off, and nobody else is waiting. Thank you. Goodbye."
LIVE_NOT_TAKEN = "The call was not taken. Goodbye."
CANNOT_CONNECT = "Sorry, this callback cannot be connected now. Please look at your list again. Goodbye."
NOT_ACCEPTED = "You were not connected. Goodbye."
WRITE_IT_DOWN = "Thank you. Please record what came of the call. Goodbye."


def closed(days: str, back_from: str) -> str:
    """What is added to a greeting before and during a bank holiday or a closure (edge case E15)."""
    return f"We are closed on {days}. We will start to call back on {back_from}."


def place(position: int) -> str:
    """Where a waiting caller stands."""
    return NEXT if position == 1 else f"You are number {position} in the queue."


def read_out(number: str) -> str:
    """A number that a caller keyed in, read out digit by digit."""
    digits = ", ".join(" ".join(group) for group in number.split())
    return (
        f"Thank you. The number is {digits}. If that is right, you can hang up. "
        "If not, key it in again, then press hash."
    )


def ready(reference: str) -> str:
    """What a therapist hears, or whoever picks up: nothing of the caller but the reference (domain rule R21)."""
    letters = " ".join(character for character in reference if character.isalnum())
    return f"This is the advice line. A callback, reference {letters}, is ready. Press 1 to be connected."
