import asyncpg
import pytest

from argos.dsn import Dsn

pytestmark = pytest.mark.integration


async def test_the_session_has_a_real_server(postgres_server: Dsn) -> None:
    connection = await asyncpg.connect(str(postgres_server))
    try:
        assert await connection.fetchval("select 1 + 1") == 2
    finally:
        await connection.close()
