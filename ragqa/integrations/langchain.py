"""A retriever for LangChain. Needs ``ragqa[langchain]``."""

from __future__ import annotations

from typing import Any

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import PrivateAttr

from ragqa.integrations.found import opened, passages, sentences


class RagqaRetriever(BaseRetriever):
    """Passages of an index, or with ``answers`` the sentences of the answers that are sure enough.

    ``source`` is the folder of an index, the address of a service, a `Pipeline` or a `Client`. The metadata of a
    document have its place: ``document``, ``start``, ``end`` (code points, half-open), ``source``, ``line``, its
    ``score``, and with ``answers`` the ``answer`` with ``answer_start`` and ``answer_end``.
    """

    source: Any
    k: int = 10
    where: dict[str, Any] | None = None
    answers: bool = False
    _opened: Any = PrivateAttr(default=None)

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
        if self._opened is None:
            self._opened = opened(self.source, reads=self.answers)
        find = sentences if self.answers else passages
        found = find(self._opened, query, self.k, self.where)
        return [Document(id=one.id, page_content=one.text, metadata=one.meta) for one in found]
