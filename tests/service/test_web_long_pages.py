"""A long page takes a while to make; nobody else waits for it."""

import threading
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import pytest
from jinja2 import Template

from tests.service.running import a_service


def test_others_are_answered_while_a_page_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, others_were_answered = threading.Event(), threading.Event()
    generate = Template.generate

    def slowly(template: Template, *context: object) -> Iterator[str]:
        begun.set()
        until = monotonic() + 20
        while not others_were_answered.is_set() and monotonic() < until:
            yield ""
        yield from generate(template, *context)

    with a_service(tmp_path) as service:
        monkeypatch.setattr(Template, "generate", slowly)
        statuses: list[int] = []
        reader = threading.Thread(
            target=lambda: statuses.append(service.client.get("/threads/blogs/drempels").status_code)
        )
        reader.start()
        assert begun.wait(20)
        assert service.client.get("/healthz").status_code == 200
        assert reader.is_alive()
        others_were_answered.set()
        reader.join(60)
        assert statuses == [200]
