"""From asking to the first words of a streamed answer, less what the model server itself takes; goal: at most 100 ms.

A real collection, the text model of the settings, and a process that speaks Ollama's API. The server is asked the very
same prompt by its official client in turn. `python -m benchmarks.chat_first_words 100` is the small form.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np

from benchmarks.knowledge_home import READER, brought_in, own_home
from benchmarks.knowledge_questions import QuestionSet, question_set
from benchmarks.report import write_section

PARAGRAPHS, QUESTIONS, GOAL_MS = 300, 20, 100
PAUSE_S = 0.1  # of the server before each word
MODEL = "quoting"
PARTS = {
    "asking": "storing the question", "understanding": "understanding it", "own_data": "is it about own results?",
    "encoder": "... the question's vector", "retrieval": "... the rest of finding", "judging": "judging",
    "quoting": "sentences to quote", "prompting": "the prompt", "calling": "calling the model, beyond its own time",
    "rest": "threads, preferences, rows of the database",
}  # fmt: skip


@dataclass
class Heard:
    """What passed by the seams: prompts sent to the model, seconds inside `find`."""

    prompts: list[Sequence[Any]] = field(default_factory=list)
    options: list[dict[str, Any]] = field(default_factory=list)
    finding: list[dict[str, float]] = field(default_factory=list)


@contextmanager
def model_server() -> Iterator[str]:
    """The address of a process of its own, once it answers."""
    import httpx

    from tests.conftest import free_port

    port = free_port()
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "tests.llm.ollama_server", str(port), "--pause", str(PAUSE_S)]
    server = subprocess.Popen(command)
    try:
        for _ in range(600):
            try:
                httpx.get(f"{address}/api/version")
                break
            except httpx.TransportError:
                time.sleep(0.1)
        yield address
    finally:
        server.kill()
        server.wait()


@contextmanager
def listening() -> Iterator[Heard]:
    """Prompts and searches of the chat are noted until the block ends."""
    from core.chat import composing
    from core.llm.ollama import OllamaModel

    heard, stream, find = Heard(), OllamaModel.stream, composing.find

    def streamed(self: OllamaModel, messages: Sequence[Any], **given: Any) -> Iterator[str]:
        heard.prompts.append(messages)
        limits = {"num_predict": given["max_tokens"], "temperature": 0.0, "num_ctx": self.context_tokens}
        heard.options.append(limits)
        return stream(self, messages, **given)

    def found(*args: Any, **given: Any) -> Any:
        answer = find(*args, **given)
        heard.finding.append(dict(answer.seconds))
        return answer

    OllamaModel.stream, composing.find = streamed, found  # type: ignore[method-assign]
    try:
        yield heard
    finally:
        OllamaModel.stream, composing.find = stream, find  # type: ignore[method-assign]


def asked_once(question: str, collection: str) -> dict[str, float] | None:
    """Seconds until the first words were seen, by part; None where the model was not asked."""
    from core.chat.answering import ask, follow, stop

    start = time.perf_counter()
    asked = ask(question, collections=[collection], principal=READER)
    stored = time.perf_counter()
    first, last = None, None
    for last in follow(asked.answer_id, principal=READER):
        if first is None and last.text and last.stage == "writing":
            first = time.perf_counter()
            stop(asked.answer_id, principal=READER)  # the rest of the words is of no matter here
    assert last is not None and last.message is not None and last.message.answer is not None, last
    if first is None:
        return None
    return {**last.message.answer.seconds, "asking": stored - start, "all": first - start}


def directly(client: Any, messages: Sequence[Any], options: dict[str, Any]) -> float:
    """Seconds to the first words that the official client hands on."""
    turns = [{"role": one.role, "content": one.content} for one in messages]
    start = time.perf_counter()
    for part in client.chat(model=MODEL, messages=turns, stream=True, options=options):
        if part.message.content:
            return time.perf_counter() - start
    raise AssertionError("the server said nothing")


def measured(address: str, asked: QuestionSet, collection: str, count: int) -> list[dict[str, float]]:
    """Seconds by part for so many questions that the model was asked, after two that warm up."""
    import ollama

    made: list[dict[str, float]] = []
    client = ollama.Client(host=address)
    with listening() as heard:
        for question in asked.questions:
            before = len(heard.prompts)
            seconds = asked_once(question, collection)
            if seconds is None or len(heard.prompts) == before:
                continue
            alone = directly(client, heard.prompts[-1], heard.options[-1])
            found = heard.finding[-1]
            parts = {name: seconds.get(name, 0.0) for name in PARTS}
            parts |= {"encoder": found["encoder"], "retrieval": seconds["finding"] - found["encoder"]}
            parts["calling"] = seconds["first_words"] - alone
            parts["rest"] = seconds["all"] - alone - sum(parts.values())
            made.append({**parts, "alone": alone, "all": seconds["all"], "ours": seconds["all"] - alone})
            if len(made) == count + 2:
                break
    return made[2:]


def chosen(language: str, paragraphs: int) -> QuestionSet:
    """The first paragraphs, and the questions about them spread over all of them."""
    asked = question_set(language)
    about = np.random.default_rng(0).permutation(np.flatnonzero(asked.golds < paragraphs))
    return replace(asked, titles=asked.titles[:paragraphs], texts=asked.texts[:paragraphs],
                   questions=tuple(asked.questions[number] for number in about), golds=asked.golds[about],
                   articles=asked.articles[about])  # fmt: skip


def main(paragraphs: int = PARAGRAPHS) -> None:
    asked = chosen("korean", paragraphs)
    with model_server() as address, own_home():
        from core.settings.current import get_settings

        os.environ |= {"WORKBENCH_LLM_PROVIDER": "ollama", "WORKBENCH_LLM_MODEL": MODEL, "OLLAMA_BASE_URL": address}
        get_settings.cache_clear()
        collection, _ = brought_in(asked)
        made = measured(address, asked, collection, QUESTIONS)

    def median_ms(part: str) -> float:
        return 1e3 * statistics.median(one[part] for one in made)

    ours = sorted(1e3 * one["ours"] for one in made)
    goal = "reached" if statistics.median(ours) <= GOAL_MS else "missed"
    lines = [
        "| from asking to the first words | median |",
        "| --- | --- |",
        f"| all of it | {median_ms('all'):.1f} ms |",
        f"| the model server alone, same prompt, official client | {median_ms('alone'):.1f} ms |",
        f"| ours | {median_ms('ours'):.1f} ms |",
        *(f"| {said} | {median_ms(part):.1f} ms |" for part, said in PARTS.items()),
        "",
        f"Goal: at most {GOAL_MS} ms of ours: {goal}; {np.quantile(ours, 0.95):.0f} ms for 95 of 100. {len(made)} "
        f"Korean questions, one after the other, over {paragraphs} paragraphs; a server that waits "
        f"{1e3 * PAUSE_S:.0f} ms before each word. One thread.",
    ]
    write_section("chat_first_words", "First words of an answer", "\n".join(lines))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
