"""A retriever for LlamaIndex. Needs ``ragqa[llamaindex]``."""

from __future__ import annotations

from typing import Any

from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.schema import NodeRelationship, NodeWithScore, QueryBundle, RelatedNodeInfo, TextNode

from ragqa.integrations.found import Found, opened, passages, sentences


class RagqaRetriever(BaseRetriever):
    """Passages of an index, or with ``answers`` the sentences of the answers that are sure enough.

    ``source`` is the folder of an index, the address of a service, a `Pipeline` or a `Client`. A node's
    ``start_char_idx`` and ``end_char_idx`` are characters of the document that its source relationship names (code
    points, half-open); its metadata have ``source``, ``line``, and with ``answers`` the ``answer`` with its place.
    """

    def __init__(
        self, source: Any, *, k: int = 10, where: dict[str, Any] | None = None, answers: bool = False, **more: Any
    ) -> None:
        super().__init__(**more)
        self._source, self._k, self._where, self._answers = opened(source, reads=answers), k, where, answers

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        find = sentences if self._answers else passages
        found = find(self._source, query_bundle.query_str, self._k, self._where)
        return [NodeWithScore(node=_node(one), score=one.score) for one in found]


def _node(one: Found) -> TextNode:
    return TextNode(
        id_=one.id,
        text=one.text,
        start_char_idx=one.start,
        end_char_idx=one.end,
        metadata=one.meta,
        relationships={NodeRelationship.SOURCE: RelatedNodeInfo(node_id=one.document)},
    )
