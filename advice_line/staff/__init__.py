"""Staff: who may use the product, in which service and as what; how they sign in; tokens for programs.

people      persons and the roles they hold in services
passwords   hashing and rules of passwords
tries       failed sign-ins, counted so that guessing is slow
sign_in     checking a password, and the sign-in that follows it until it ends
tokens      what programs show instead of a password
"""

from advice_line.staff.people import (
    RESERVED_ROLES,
    ROLES,
    Colleague,
    Grant,
    Membership,
    Person,
    PersonRole,
    add_person,
    add_role,
    addresses_of_leads,
    by_email,
    names,
    of_service,
)
from advice_line.staff.sign_in import (
    Offer,
    ServiceNotChosen,
    SignedIn,
    SignIn,
    change_password,
    check_password,
    choose_service,
    open_sign_in,
    sign_out,
    signed_in,
)
from advice_line.staff.tokens import Bearer, Token, add_token, person_with_token
from advice_line.staff.tries import FailedSignIn

__all__ = [
    "RESERVED_ROLES",
    "ROLES",
    "Bearer",
    "Colleague",
    "FailedSignIn",
    "Grant",
    "Membership",
    "Offer",
    "Person",
    "PersonRole",
    "ServiceNotChosen",
    "SignIn",
    "SignedIn",
    "Token",
    "add_person",
    "add_role",
    "add_token",
    "addresses_of_leads",
    "by_email",
    "change_password",
    "check_password",
    "choose_service",
    "names",
    "of_service",
    "open_sign_in",
    "person_with_token",
    "sign_out",
    "signed_in",
]
