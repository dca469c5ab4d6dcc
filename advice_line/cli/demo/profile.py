"""The proportions of the made-up year: assumptions for a demonstration, never evidence about a real service."""

from collections.abc import Mapping
from dataclasses import dataclass

Shares = Mapping[str, float]


@dataclass(frozen=True)
class Profile:
    """What one line's year looks like. Shares are of 1; `weekdays` begin on Monday."""

    weekly: float
    weekdays: tuple[float, ...]
    hours: tuple[int, ...]
    callers: Shares
    out_of_hours: float = 0.15
    hang_ups: float = 0.12
    withheld: float = 0.04


WEEKDAYS = (0.28, 0.23, 0.14, 0.16, 0.19, 0.0, 0.0)
TOPICS: Shares = {
    "sensory_processing": 0.27,
    "fine_motor": 0.15,
    "self_care": 0.13,
    "school_activities": 0.10,
    "referral_enquiry": 0.12,
    "equipment": 0.11,
    "gross_motor": 0.05,
    "ehcna_ehcp": 0.04,
    "other_topic": 0.03,
}
# How enquiries end: an outcome or a closing reason.
ENDS: Shares = {
    "advice_given": 0.58,
    "convert_to_referral": 0.17,
    "passed_admin": 0.07,
    "passed_named_therapist": 0.05,
    "unable_to_contact": 0.07,
    "wrong_number": 0.03,
    "not_for_service": 0.03,
}
ADVICE: Shares = {"strategies": 0.5, "signposted_resources": 0.25, "reassurance": 0.15, "route_explained": 0.1}
TIERS: Shares = {"universal": 0.5, "targeted": 0.4, "specialist": 0.1}
NOT_REACHED: Shares = {"no_answer": 0.5, "voicemail_message_left": 0.35, "spoke_wrong_person": 0.15}
# Working days from receipt to the first attempt; more than two is late.
FIRST_ATTEMPT: Mapping[int, float] = {0: 0.2, 1: 0.42, 2: 0.24, 3: 0.08, 4: 0.04, 5: 0.02}
REACHED_AT: Mapping[int, float] = {1: 0.67, 2: 0.25, 3: 0.08}
SETTINGS: Mapping[str, Shares] = {
    "family": {"home": 0.6, "primary_school": 0.3, "nursery_preschool": 0.1},
    "education": {"primary_school": 0.7, "nursery_preschool": 0.2, "whole_class": 0.1},
    "health": {"home": 0.5, "clinic": 0.5},
}

PROFILES: Mapping[str, Profile] = {
    "herts_cot": Profile(
        weekly=30,
        weekdays=WEEKDAYS,
        hours=(9, 9, 10, 10, 11, 12, 13, 14, 15, 15, 16),
        callers={
            "parent_carer": 0.58,
            "teacher": 0.14,
            "senco": 0.15,
            "health_visitor": 0.06,
            "gp": 0.03,
            "social_worker": 0.04,
        },
    ),
    "eput_cot": Profile(
        weekly=12,
        weekdays=WEEKDAYS,
        hours=(9, 10, 11, 12, 13, 14, 15, 16),
        callers={
            "early_years_practitioner": 0.4,
            "senco": 0.15,
            "parent_carer": 0.3,
            "health_visitor": 0.11,
            "social_worker": 0.04,
        },
    ),
}
