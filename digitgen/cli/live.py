"""The command that serves the live page: parse, call, print."""

import argparse

from digitgen.cli.arguments import Add, add_data_dir, integer, nonempty, nonempty_path
from digitgen.cli.console import say

_MOST_PORT = 65535


def add_command(add: Add) -> None:
    """Add the command; `add` takes name, function, description and example, and returns the command's parser."""
    trying = add(
        "try",
        _try,
        "Try a configuration on a page in the browser: change it, and see its images at once.",
        "digitgen try configs/augmented.yaml",
    )
    trying.add_argument(
        "config",
        nargs="?",
        type=nonempty_path,
        metavar="CONFIG",
        help="a YAML file, which is saved only when asked (default: a shipped one, to download)",
    )
    trying.add_argument(
        "--port", type=integer(0, _MOST_PORT), metavar="N", help="(default: the first free one from 8642 on; 0: any)"
    )
    trying.add_argument("--no-browser", action="store_true", help="print the address, and open no browser")
    trying.add_argument(
        "--host",
        type=nonempty,
        default="127.0.0.1",
        metavar="ADDRESS",
        help="serve at this address (default: 127.0.0.1)",
    )
    trying.add_argument(
        "--expose-to-network", action="store_true", help="let other machines reach it, if --host is such an address"
    )
    add_data_dir(trying)


def _try(arguments: argparse.Namespace) -> int:
    """Run the command."""
    from digitgen.live.browser import open_browser
    from digitgen.live.listen import bind, find_address
    from digitgen.live.server import Server
    from digitgen.live.session import Session

    where = find_address(arguments.host, expose=arguments.expose_to_network)
    session = Session(arguments.config, arguments.data_dir)
    server = bind(where, arguments.port, lambda port: Server(where, port, session, say, debug=arguments.debug))
    try:
        if session.problem:
            say(session.problem)
        print(server.address, flush=True)
        if not where.is_loopback:
            say(f"others on the network reach it as {server.far_address}, and may read along: nothing is encrypted")
        if not arguments.no_browser:
            open_browser(server.address_once(), say)
        say("Ctrl-C ends it")
        server.serve_forever()
    except KeyboardInterrupt:  # which is how it ends
        return 0
    finally:
        server.server_close()
    return 0
