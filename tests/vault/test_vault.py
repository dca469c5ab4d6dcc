"""The vault: what goes in comes out, any part of it; what was tampered with never does."""

import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advice_line.errors import Misconfigured, OutsideFailed
from advice_line.vault import CHUNK_BYTES, HEAD_BYTES, SEAL_BYTES, Vault

OLD, NEW = "an old key of the tests " * 2, "a new key of the tests " * 2
NAME = "herts_cot/RE0123456789abcdef"
THREE_CHUNKS = bytes(range(256)) * 600
SIZES = st.integers(0, 5) | st.integers(-2, 2).map(lambda n: CHUNK_BYTES + n) | st.integers(0, 3 * CHUNK_BYTES)


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(tmp_path / "recordings", NEW)


def whole(vault: Vault, name: str = NAME) -> bytes:
    return b"".join(vault.read(name))


def damage(tmp_path: Path, position: int) -> None:
    file = tmp_path / "recordings" / NAME
    content = bytearray(file.read_bytes())
    content[position] ^= 1
    file.write_bytes(content)


@settings(max_examples=60)
@given(size=SIZES, cut=st.integers(1, 90_000), ends=st.tuples(st.floats(0, 1), st.floats(0, 1)))
def test_any_range_of_any_sound_comes_back_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, size: int, cut: int, ends: tuple[float, float]
) -> None:
    vault = Vault(tmp_path_factory.mktemp("vault"), NEW)
    sound = (THREE_CHUNKS * 2)[7 : size + 7]
    assert vault.write(NAME, (sound[at : at + cut] for at in range(0, size, cut))) == size
    start, end = sorted(round(part * size) for part in ends)
    assert b"".join(vault.read(NAME, start, end)) == sound[start:end]
    assert vault.size(NAME) == vault.verify(NAME).size == size


def test_a_range_is_read_without_the_rest_of_the_file(vault: Vault, tmp_path: Path) -> None:
    vault.write(NAME, [THREE_CHUNKS])
    damage(tmp_path, HEAD_BYTES + CHUNK_BYTES + SEAL_BYTES + 10)
    assert b"".join(vault.read(NAME, 0, 10)) == THREE_CHUNKS[:10]


def test_nothing_of_the_sound_or_its_key_is_on_the_disk(vault: Vault, tmp_path: Path) -> None:
    vault.write(NAME, [b"a voice that says a name " * 40])
    stored = (tmp_path / "recordings" / NAME).read_bytes()
    assert b"voice" not in stored
    assert NEW.encode() not in stored


def test_the_same_sound_never_looks_the_same_twice(vault: Vault, tmp_path: Path) -> None:
    vault.write(NAME, [b"sound"])
    first = (tmp_path / "recordings" / NAME).read_bytes()
    vault.write(NAME, [b"sound"])
    assert (tmp_path / "recordings" / NAME).read_bytes()[HEAD_BYTES:] != first[HEAD_BYTES:]


def test_an_old_key_still_reads_and_the_first_key_writes(tmp_path: Path) -> None:
    Vault(tmp_path, OLD).write(NAME, [b"old"])
    both = Vault(tmp_path, f"{NEW}, {OLD}")
    both.write("herts_cot/RE2", [b"new"])
    assert whole(both) == b"old"
    assert whole(Vault(tmp_path, NEW), "herts_cot/RE2") == b"new"


def test_a_key_that_is_gone_is_named_as_the_reason(tmp_path: Path) -> None:
    Vault(tmp_path, OLD).write(NAME, [b"old"])
    with pytest.raises(OutsideFailed, match="no longer in RECORDINGS_KEY"):
        Vault(tmp_path, NEW).read(NAME)


@pytest.mark.parametrize("position", [0, 6, 14, 40, HEAD_BYTES, HEAD_BYTES + CHUNK_BYTES + 3, -1])
def test_one_altered_bit_anywhere_is_refused(vault: Vault, tmp_path: Path, position: int) -> None:
    vault.write(NAME, [THREE_CHUNKS])
    damage(tmp_path, position)
    with pytest.raises(OutsideFailed):
        vault.verify(NAME)


@pytest.mark.parametrize("left", [0, 3, HEAD_BYTES, HEAD_BYTES + 5, HEAD_BYTES + CHUNK_BYTES + SEAL_BYTES, -1])
def test_a_file_cut_short_is_refused_before_its_first_byte(vault: Vault, tmp_path: Path, left: int) -> None:
    vault.write(NAME, [THREE_CHUNKS])
    file = tmp_path / "recordings" / NAME
    file.write_bytes(file.read_bytes()[:left])
    with pytest.raises(OutsideFailed, match="damaged"):
        vault.read(NAME, 0, 1)


def test_a_file_under_another_name_is_refused(vault: Vault, tmp_path: Path) -> None:
    vault.write(NAME, [b"theirs"])
    (tmp_path / "recordings" / "eput_cot").mkdir()
    (tmp_path / "recordings" / NAME).rename(tmp_path / "recordings" / "eput_cot" / "RE1")
    with pytest.raises(OutsideFailed):
        vault.size("eput_cot/RE1")


def test_chunks_that_changed_places_are_refused(vault: Vault, tmp_path: Path) -> None:
    vault.write(NAME, [THREE_CHUNKS])
    file, piece = tmp_path / "recordings" / NAME, CHUNK_BYTES + SEAL_BYTES
    stored = file.read_bytes()
    first, second = stored[HEAD_BYTES : HEAD_BYTES + piece], stored[HEAD_BYTES + piece : HEAD_BYTES + 2 * piece]
    file.write_bytes(stored[:HEAD_BYTES] + second + first + stored[HEAD_BYTES + 2 * piece :])
    with pytest.raises(OutsideFailed):
        whole(vault)


def test_a_write_that_fails_leaves_what_was_there(vault: Vault, tmp_path: Path) -> None:
    def broken() -> Iterator[bytes]:
        yield b"half"
        raise OutsideFailed("The line broke.")

    vault.write(NAME, [b"first"])
    with pytest.raises(OutsideFailed):
        vault.write(NAME, broken())
    assert whole(vault) == b"first"
    assert len(list((tmp_path / "recordings" / "herts_cot").iterdir())) == 1


def test_what_a_killed_writer_left_behind_is_cleared(vault: Vault, tmp_path: Path) -> None:
    vault.write(NAME, [b"whole"])
    (tmp_path / "recordings" / "herts_cot" / ".RE9.abc.part").write_bytes(b"half")
    later = datetime.fromtimestamp((tmp_path / "recordings").stat().st_mtime, UTC) + timedelta(hours=1)
    assert vault.clear_unfinished(later) == 1
    assert whole(vault) == b"whole"


def test_only_the_owner_may_look_into_the_vault(vault: Vault, tmp_path: Path) -> None:
    vault.write(NAME, [b"sound"])
    assert stat.S_IMODE((tmp_path / "recordings").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "recordings" / "herts_cot").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "recordings" / NAME).stat().st_mode) == 0o600


def test_a_deleted_file_is_gone_and_deleting_it_again_is_no_fault(vault: Vault) -> None:
    vault.write(NAME, [b"sound"])
    vault.delete(NAME)
    vault.delete(NAME)
    with pytest.raises(OutsideFailed, match="not where it was stored"):
        vault.read(NAME)


@pytest.mark.parametrize(
    "name", ["../RE1", "herts_cot/../../etc", "RE1", "a/b/c", "herts_cot/", "/etc/passwd", "a/b\n"]
)
def test_a_name_never_leads_out_of_the_folder(vault: Vault, name: str) -> None:
    with pytest.raises(ValueError, match="named service/recording"):
        vault.write(name, [b"sound"])


@pytest.mark.parametrize(("start", "end"), [(-1, 2), (6, 7), (3, 2)])
def test_a_range_outside_the_sound_is_refused(vault: Vault, start: int, end: int) -> None:
    vault.write(NAME, [b"sound"])
    with pytest.raises(ValueError, match="no bytes"):
        vault.read(NAME, start, end)


def test_a_file_url_is_a_folder(tmp_path: Path) -> None:
    Vault((tmp_path / "with space").as_uri(), NEW).write(NAME, [b"sound"])
    assert (tmp_path / "with space" / NAME).exists()


@pytest.mark.parametrize("place", ["s3://bucket/folder", "https://store.example.nhs.uk", "file://elsewhere/folder"])
def test_an_object_store_is_refused_with_a_sentence(place: str) -> None:
    with pytest.raises(Misconfigured, match="not built yet"):
        Vault(place, NEW)


def test_without_a_key_nothing_is_stored(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="RECORDINGS_KEY"):
        Vault(tmp_path, " , ")
