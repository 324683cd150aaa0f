"""vectorbt with its functions in Rust, where it has them; otherwise as `peer_vectorbt` says."""

from peers import peer_vectorbt as numba_engine

NAME = "vectorbt, Rust"
version = numba_engine.version


class Peer(numba_engine.Peer):
    engine = "rust"
