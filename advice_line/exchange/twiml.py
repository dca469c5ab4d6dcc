"""TwiML: the document that tells us what to do with a call, read strictly and checked against `schema`.

What Twilio refuses is a TwimlError; what Twilio only warns of (a misspelt attribute, a verb in the wrong place, a value
out of shape) is a complaint, and the faulty part is left out as Twilio leaves it out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from xml.etree import ElementTree as ET

from advice_line.exchange.schema import ELEMENTS, UNPLAYED, Element
from advice_line.exchange.wire import Answer

LARGEST_BODY = 64 * 1024
LONGEST_SAY = 4096
XML_TYPES = frozenset({"text/xml", "application/xml", "text/html"})


class TwimlError(Exception):
    """The call cannot go on with this document: Twilio's code, and why."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True)
class Complaint:
    """What Twilio's debugger would warn of."""

    code: int
    message: str


@dataclass(frozen=True)
class Verb:
    """One instruction, with its valid attributes alone."""

    name: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    text: str = ""
    children: Sequence["Verb"] = ()

    def get(self, attribute: str, default: str = "") -> str:
        """The value of an attribute, or the default that Twilio documents for it."""
        return self.attributes.get(attribute, default)

    def number(self, attribute: str, default: int) -> int:
        """A whole number; `auto` and nothing mean the default."""
        value = self.attributes.get(attribute, "")
        return int(value) if value.isdecimal() else default

    def yes(self, attribute: str, *, default: bool = False) -> bool:
        """A true or false."""
        return self.get(attribute, "true" if default else "false") == "true"


@dataclass(frozen=True)
class Document:
    """The verbs to play in order, and where they came from."""

    url: str
    verbs: Sequence[Verb]
    complaints: Sequence[Complaint] = ()


def read(answer: Answer) -> Document:
    """The document in an answer, whatever type Twilio lets it have. Raises TwimlError."""
    if len(answer.body) > LARGEST_BODY:
        raise TwimlError(11750, f"TwiML response body too large: {len(answer.body)} bytes")
    kind = answer.content_type.partition(";")[0].strip().lower()
    if kind in XML_TYPES:
        return parse(answer.body, answer.url)
    if kind == "text/plain":
        return _plain(answer)
    if kind.startswith("audio/"):
        return Document(answer.url, [Verb("Play", text=answer.url), Verb("Hangup")])
    raise TwimlError(12300, f"Invalid Content-Type: {kind or 'none given'}")


def parse(body: bytes, url: str) -> Document:
    """Parse and check XML. Raises TwimlError when it is not XML, or not a <Response>."""
    if b"<!DOCTYPE" in body:
        raise TwimlError(12100, "Document parse failure: a document type is not TwiML")
    try:
        root = ET.fromstring(body)  # noqa: S314 - a document type, and with it every entity, is refused above
    except ET.ParseError as error:
        raise TwimlError(12100, f"Document parse failure: {error}") from error
    if root.tag != "Response":
        raise TwimlError(12102, f"The root element must be Response, not {root.tag}")
    complaints: list[Complaint] = []
    response = _verb(root, complaints)
    return Document(url, response.children, complaints)


def _plain(answer: Answer) -> Document:
    try:
        return parse(answer.body, answer.url)
    except TwimlError:
        return Document(answer.url, [Verb("Say", text=answer.body.decode("utf-8", "replace"))])


def _verb(node: ET.Element, complaints: list[Complaint]) -> Verb:
    element = ELEMENTS[node.tag]
    verb = Verb(
        name=node.tag,
        attributes=_attributes(node, element, complaints),
        text=" ".join("".join(node.itertext() if node.tag == "Say" else [node.text or ""]).split()),
        children=[_verb(child, complaints) for child in node if _belongs(child, node.tag, element, complaints)],
    )
    complaints.extend(_shortcomings(verb))
    return verb


def _attributes(node: ET.Element, element: Element, complaints: list[Complaint]) -> dict[str, str]:
    valid: dict[str, str] = {}
    for name, value in node.attrib.items():
        attribute = element.attributes.get(name)
        if name in element.unplayed:
            message = f"The practice exchange does not play {name} of <{node.tag}> yet"
            complaints.append(Complaint(12200, message))
        elif attribute is None:
            complaints.append(Complaint(12200, f"<{node.tag}> has no attribute {name}"))
        elif not attribute.shape.fullmatch(value):
            complaints.append(Complaint(attribute.code, f"{name}={value!r} of <{node.tag}> is not valid"))
        else:
            valid[name] = value
    return valid


def _belongs(child: ET.Element, inside: str, element: Element, complaints: list[Complaint]) -> bool:
    if inside == "Say":
        if child.tag not in element.children:
            complaints.append(Complaint(12200, f"<{child.tag}> cannot stand inside <Say>"))
        return False
    if child.tag in element.children:
        return True
    if child.tag in UNPLAYED:
        raise TwimlError(12200, f"The practice exchange does not play <{child.tag}> yet")
    code = element.wrong_child if child.tag in ELEMENTS else 12200
    complaints.append(Complaint(code, f"<{child.tag}> cannot stand inside <{inside}>"))
    return False


def _shortcomings(verb: Verb) -> list[Complaint]:
    if verb.name == "Say" and not verb.text:
        return [Complaint(13520, "<Say> has nothing to say")]
    if verb.name == "Say" and len(verb.text) > LONGEST_SAY:
        return [Complaint(13521, f"<Say> has more than {LONGEST_SAY} characters")]
    if verb.name == "Record" and not verb.get("action"):
        return [Complaint(11100, "<Record> has no action: this document will be asked for again")]
    if verb.name == "Dial" and not verb.text and not verb.children:
        return [Complaint(12200, "<Dial> has nobody to ring")]
    if verb.name == "Redirect" and not verb.text:
        return [Complaint(11100, "<Redirect> has no URL: this document will be asked for again")]
    return []
