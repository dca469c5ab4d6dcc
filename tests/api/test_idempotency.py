"""Idempotency-Key: the same request sent again gets the same answer."""

from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import text

from tests.api.conftest import Api, fields_at_fault, refused

KEY = "a-key-of-the-sender"


def kept(api: Api) -> int:
    """How many keys are kept."""
    with api.stage.owner.connect() as connection:
        return int(connection.execute(text("SELECT count(*) FROM idempotent_answer")).scalar_one())


def test_the_same_key_gets_the_same_answer(api: Api) -> None:
    where = f"/enquiries/{api.enquiry()}/call"
    first, second = api.post(where, key=KEY), api.post(where, key=KEY)
    assert first.status_code == second.status_code == 202
    assert first.content == second.content


def test_six_calls_at_once_with_one_key_open_one_attempt(api: Api) -> None:
    reference = api.enquiry()
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: api.post(f"/enquiries/{reference}/call", key=KEY), range(6)))
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.content for answer in answers}) == 1
    assert len(api.get(f"/enquiries/{reference}").json()["attempts"]) == 1


def test_six_calls_at_once_without_a_key_open_one_attempt(api: Api) -> None:
    reference = api.enquiry()
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: api.post(f"/enquiries/{reference}/call"), range(6)))
    assert sorted(answer.status_code for answer in answers) == [202, 409, 409, 409, 409, 409]


def test_a_key_is_for_one_request_alone(api: Api) -> None:
    where = f"/enquiries/{api.enquiry()}/attempts"
    assert api.post(where, {"result": "no_answer"}, key=KEY).status_code == 201
    answer = api.post(where, {"result": "engaged"}, key=KEY)
    assert (answer.status_code, fields_at_fault(answer)) == (422, ["Idempotency-Key"])


def test_a_refused_request_leaves_no_key(api: Api) -> None:
    where = f"/enquiries/{api.enquiry()}"
    advice = {"outcome": "advice_given"}
    refused(api.post(f"{where}/outcome", advice, key=KEY), 409)
    assert kept(api) == 0
    api.post(f"{where}/attempts", {"result": "spoke_to_caller"})
    assert api.post(f"{where}/outcome", advice, key=KEY).status_code == 201
    assert kept(api) == 1


def test_two_tokens_may_choose_the_same_key(api: Api) -> None:
    first, second = api.enquiry(), api.enquiry()
    assert api.post(f"/enquiries/{first}/close", {"reason": "caller_withdrew"}, key=KEY).status_code == 200
    answer = api.post(f"/enquiries/{second}/close", {"reason": "caller_withdrew"}, whose="lead", key=KEY)
    assert (answer.status_code, answer.json()["reference"]) == (200, second)


def test_without_a_key_nothing_is_kept(api: Api) -> None:
    api.post(f"/enquiries/{api.enquiry()}/close", {"reason": "caller_withdrew"})
    assert kept(api) == 0
