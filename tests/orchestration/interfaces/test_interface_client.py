"""The client: patient with what may pass, quick to refuse what will not, and never for ever."""

import time

import pytest

from orchestration.intake.interfaces.client import Client, Pace
from orchestration.intake.interfaces.errors import InterfaceError, catalogue

QUICK = Pace(
    requests_per_second=10_000,
    attempts=4,
    first_wait=0.5,
    silence_seconds=0.3,
    whole_seconds=1.0,
    maximum_bytes=100_000,
)


@pytest.fixture
def slept() -> list[float]:
    return []


@pytest.fixture
def client(replay, slept):
    with Client(replay.url, accept="application/x-test+json", pace=QUICK, sleep=slept.append) as asking:
        yield asking


def refused(client: Client, code: str, path: str = "thing") -> InterfaceError:
    with pytest.raises(InterfaceError) as found:
        client.get(path)
    assert found.value.code == code
    assert found.value.url.startswith(f"{client.base_url}/{path}")
    return found.value


@pytest.mark.parametrize(
    "stumble",
    ["429", "500", "502", "503", "504", "half", "half chunked", "half JSON", "web page", "hang up", "slow"],
)
def test_what_may_pass_is_asked_again(replay, client, slept, stumble):
    replay.says("thing", {"values": [1]})
    replay.stumbles = [stumble, stumble, "well"]
    assert client.get("thing", page=0).body == {"values": [1]}
    assert len(replay.asked) == 3
    assert [wait for wait in slept if wait >= 0.5] == [0.5, 1.0]  # longer each time


@pytest.mark.parametrize("stumble", ["429", "500", "half", "half chunked", "half JSON", "hang up", "slow"])
def test_patience_ends_and_says_how_often(replay, client, stumble):
    replay.stumbles = [stumble] * 10
    error = refused(client, "A-UNREACHABLE")
    assert len(replay.asked) == QUICK.attempts
    assert "4 attempts" in error.text("en")
    assert "4 försök" in error.text("sv")


def test_a_dripping_answer_comes_to_an_end(replay, client):
    replay.stumbles = ["drip"] * 10
    begun = time.monotonic()
    assert "drips" in refused(client, "A-UNREACHABLE").text("en")
    assert time.monotonic() - begun < 20  # one whole dripping answer takes as long


def test_the_wait_an_interface_asks_for_is_kept_up_to_a_limit(replay, slept):
    replay.says("thing", {})
    replay.stumbles = ["429:7", "429:100000", "429:nonsense", "well"]
    with Client(replay.url, pace=QUICK, sleep=slept.append) as client:
        client.get("thing")
    assert [wait for wait in slept if wait >= 0.5][:2] == [7.0, QUICK.longest_wait]


@pytest.mark.parametrize(
    ("stumble", "code"),
    [
        ("400", "A-STATUS"),
        ("403", "A-STATUS"),
        ("410", "A-STATUS"),
        ("huge", "A-SIZE"),
        ("huge when unpacked", "A-SIZE"),
    ],
)
def test_what_will_not_pass_is_refused_at_once(replay, client, stumble, code):
    replay.stumbles = [stumble] * 3
    refused(client, code)
    assert len(replay.asked) == 1


def test_a_pointer_to_another_place_is_never_followed(replay, client):
    replay.says("elsewhere", {"values": []})
    replay.stumbles = ["302"]
    assert "/elsewhere" in refused(client, "A-REDIRECT").text()
    assert [path for path, *_ in replay.asked] == ["thing"]


def test_a_missing_thing_is_an_answer_only_where_that_was_allowed(client):
    assert client.get("thing", may_be_missing=True).status == 404
    refused(client, "A-STATUS")


def test_questions_keep_their_distance(replay):
    replay.says("thing", {})
    now, slept = [100.0], []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += seconds

    with Client(replay.url, pace=Pace(requests_per_second=2), clock=lambda: now[0], sleep=sleep) as client:
        for _ in range(4):
            client.get("thing")
        assert slept == [0.5, 0.5, 0.5]
        now[0] += 10  # after a rest nothing is owed, and nothing saved up
        client.get("thing")
        client.get("thing")
    assert slept == [0.5] * 4


def test_the_client_says_who_it_is_and_logs_in_nowhere(replay, client, tmp_path, monkeypatch):
    secrets = tmp_path / "netrc"
    secrets.write_text("machine 127.0.0.1 login somebody password secret\n")
    secrets.chmod(0o600)
    monkeypatch.setenv("NETRC", str(secrets))
    replay.says("thing", {})
    client.get("thing")
    _, _, headers = replay.asked[0]
    assert headers["User-Agent"].startswith("likvard/")
    assert headers["Accept"] == "application/x-test+json"
    assert "Authorization" not in headers


def test_nobody_at_home_is_told_with_the_address():
    with Client("http://127.0.0.1:9", pace=QUICK, sleep=lambda _: None) as client:
        refused(client, "A-UNREACHABLE")


def test_every_code_has_words_in_both_languages():
    for code, words in catalogue().items():
        assert words.keys() == {"sv", "en"}, code
        assert words["sv"] != words["en"]
