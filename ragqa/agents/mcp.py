"""The tools over the Model Context Protocol: standard input and output, or stateless HTTP at a loopback address. Needs
``ragqa[mcp]``. `ragqa.agents.mounted` offers them in a service.
"""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable
from typing import Any

from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import ToolAnnotations

from ragqa.agents.tools import Tools
from ragqa.errors import RagqaError
from ragqa.serve.listening import run_app
from ragqa.version import __version__

HOST, PATH = "127.0.0.1", "/mcp"
READS = ToolAnnotations(read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False)
INSTRUCTIONS = (
    "Documents that can be asked. Every answer is a quotation with its exact place (document, characters from start to "
    "end); quote it word for word and name the source. If `ask` gives no answer, say that none was found; do not make "
    "one up. Check a text of your own with `ground` before you give it."
)
DESCRIPTIONS = {
    "ask": "Answer a question with exact quotations from the documents, each with the probability that it is right and "
    "its place. No answer means that none was sure enough. `where` filters by metadata: "
    '{"team": "ops", "year": {"gte": 2020}}.',
    "search": "Find passages of the documents for a query, best first. Give `next_cursor` back as `cursor` for more.",
    "fetch": "Read a document around a place: its text from character `start` on. Names of documents are in the "
    "results of ask and search.",
    "ground": "Check a text sentence by sentence against the documents: which places support each sentence, which "
    "contradict it, and which sentences nothing supports.",
}


def make_server(tools: Callable[[Context[Any, Any]], Tools], name: str) -> MCPServer[Any]:
    """A server of this name that offers, to each request, its tools. What goes wrong unexpectedly is told on stderr."""
    logging.basicConfig(format="%(message)s")  # what Python does by itself; the library would do otherwise
    logging.getLogger("mcp").setLevel(logging.ERROR)
    server: MCPServer[Any] = MCPServer(name, instructions=INSTRUCTIONS, version=__version__)
    for tool, about in DESCRIPTIONS.items():
        run = _offered(tool, tools)
        server.add_tool(run, name=tool, description=about, annotations=READS, structured_output=True)
    return server


def _offered(name: str, tools: Callable[[Context[Any, Any]], Tools]) -> Callable[..., Any]:
    """A tool as the library takes it, with errors that an agent is told of; of others it learns only that they
    happened.
    """

    def run(context: Context[Any, Any], **given: Any) -> Any:
        try:
            return getattr(tools(context), name)(**given)
        except RagqaError as error:
            raise ToolError(str(error)) from error

    tool = getattr(Tools, name)
    own = inspect.signature(tool, eval_str=True)
    first = inspect.Parameter("context", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=Context)
    run.__name__, run.__doc__, run.__annotations__ = name, tool.__doc__, {"context": Context}
    run.__signature__ = own.replace(  # type: ignore[attr-defined]  # schemas are made of it
        parameters=[first, *list(own.parameters.values())[1:]]
    )
    return run


def serve_stdio(server: MCPServer[Any]) -> None:
    """Serve on standard input and output until the input ends."""
    server.run("stdio")


def serve_http(server: MCPServer[Any], port: int, started: Callable[[str], None]) -> None:
    """Serve over HTTP on this machine alone until SIGTERM or Ctrl-C; each request stands for itself."""
    app = server.streamable_http_app(streamable_http_path=PATH, json_response=True, stateless_http=True, host=HOST)
    run_app(app, HOST, port, lambda url: started(url + PATH))
