"""Prompts that are nearly an evaluated one do not train: found by MinHash, compared exactly, frame taken off."""

import random
import zlib
from itertools import pairwise

import pytest
from datasketch import MinHash

from core.datasets import BuildOptions, BuiltDatasets, WarningCode, build_datasets
from core.datasets.near_duplicates import PERMUTATIONS, SEED, MinHasher, NearDuplicateIndex, jaccard, words_of
from core.logs import LogRecord
from tests.datasets.logged import asked, body_of, lines_of, record_of, says

TEXT = "please tell me why the transfer of yesterday has not arrived in my account"
VOCABULARY = [f"word{number}" for number in range(3_000)]


def is_near(text: str, *evaluated: str, threshold: float = 0.8) -> bool:
    return NearDuplicateIndex(evaluated, threshold=threshold).find([text])[0]


@pytest.mark.parametrize(
    "text",
    [
        TEXT,
        TEXT.upper() + "?!",
        TEXT.replace("yesterday", "today"),
        TEXT.replace("arrived", "arived"),
        f"{TEXT} thanks",
        " ".join(reversed(TEXT.split())),
    ],
)
def test_changed_word_typing_error_case_and_punctuation_are_nearly_the_same(text: str) -> None:
    assert is_near(text, "something else altogether", TEXT)


@pytest.mark.parametrize(
    "text", ["", "?!", "why has my card been declined", TEXT.replace("transfer", "card payment").replace("not ", "")]
)
def test_other_questions_are_not(text: str) -> None:
    assert not is_near(text, TEXT)


def test_text_without_a_word_is_nearly_nothing() -> None:
    assert not is_near("!?", "...", "")
    assert NearDuplicateIndex([], threshold=0.8).find(["a", "b"]) == [False, False]


def test_characters_written_without_spaces_are_words_of_their_own() -> None:
    assert words_of("銀行カード OK") == ["銀", "行", "カ", "ー", "ド", "ok"]
    assert is_near("昨日の送金がまだ口座に届いていません", "昨日の送金がまだ口座に届いていません。")
    assert not is_near("カードが拒否されました", "昨日の送金がまだ口座に届いていません")


def test_signatures_are_those_of_datasketch() -> None:
    texts = [words_of(TEXT), ["one"], ["a", "b", "a", "naïve"]]

    for words, signature in zip(texts, MinHasher().sign(texts), strict=True):
        reference = MinHash(num_perm=PERMUTATIONS, seed=SEED, hashfunc=zlib.crc32)
        reference.update_batch([word.encode() for word in words])
        assert signature.tolist() == reference.hashvalues.tolist()


def test_what_is_found_equals_comparing_every_pair() -> None:
    generator = random.Random(1)
    evaluated = [generator.sample(VOCABULARY, 20) for _ in range(40)]
    others = [[*words[changed:], *generator.sample(VOCABULARY, changed)] for words in evaluated for changed in range(8)]
    index = NearDuplicateIndex([" ".join(words) for words in evaluated], threshold=0.8)

    found = index.find([" ".join(words) for words in others])

    sets = [frozenset(words) for words in evaluated]
    assert found == [any(jaccard(frozenset(words), each) >= 0.8 for each in sets) for words in others]
    assert 0 < sum(found) < len(found)


def questions(count: int, *, frame: str) -> list[LogRecord]:
    """Pairs of questions that differ in one word, each inside a frame that is twenty times longer."""
    generator = random.Random(3)
    records: list[LogRecord] = []
    for number in range(count // 2):
        words = generator.sample(VOCABULARY, 12)
        for ending in ("today", "tomorrow"):
            text = frame.replace("TEXT", " ".join([*words, ending]))
            records.append(record_of(body_of(asked(text), says(f"[[{'ab'[number % 2]}]]"), timestamp=len(records) + 1)))
    return records


@pytest.mark.parametrize(
    "frame",
    [
        "TEXT",
        "\n".join(f"Rule {number}: a long instruction about how to answer." for number in range(40))
        + "\nInput: TEXT\nGo!",
        " ".join(f"rule{number} says something" for number in range(80)) + ": 'TEXT' " + "answer now " * 40,
    ],
)
def test_pairs_that_differ_in_a_word_are_split_whatever_frame_they_stand_in(frame: str) -> None:
    built = build(questions(400, frame=frame))

    # Each of the 40 evaluated questions has a twin, unless the twin is evaluated too.
    texts = [str(row["request"]["messages"][1]["content"]) for row in lines_of(built.evaluation.content)]  # type: ignore[index]
    starts = sorted(text.replace("tomorrow", "today") for text in texts)
    twins = sum(one == other for one, other in pairwise(starts))
    assert built.counts.near_duplicates == 40 - 2 * twins
    assert built.counts.leaked == 0
    (warning,) = [item for item in built.warnings if item.code is WarningCode.NEAR_DUPLICATES]
    assert warning.message.endswith(f"nearly the same prompt: {built.counts.near_duplicates} records.")


def test_nothing_is_compared_without_a_threshold() -> None:
    built = build(questions(400, frame="TEXT"), near_duplicate_threshold=None)

    assert built.counts.near_duplicates == 0
    assert built.counts.training + built.counts.validation == 360


def test_same_question_about_another_image_is_another_prompt() -> None:
    def about(url: str) -> dict[str, object]:
        parts = [{"type": "text", "text": "what is in it?"}, {"type": "image_url", "image_url": {"url": url}}]
        return {"messages": [{"role": "user", "content": parts}]}

    records = [record_of(body_of(about(f"data:,{n}"), says(f"[[{'ab'[n % 2]}]]"), timestamp=n + 1)) for n in range(100)]

    assert build(records).counts.near_duplicates == 0


def build(records: list[LogRecord], **changes: float | None) -> BuiltDatasets:
    options = BuildOptions(workload_id="router", evaluation_size=40, **changes)  # type: ignore[arg-type]
    return build_datasets(records, options, name_suffix="run")
