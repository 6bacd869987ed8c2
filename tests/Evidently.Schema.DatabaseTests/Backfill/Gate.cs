namespace Evidently.Schema.DatabaseTests.Backfill;

/// <summary>
/// Stops a projector in its middle: it has read legacy and the parents, and stands before its INSERT into a star table. Only sessions
/// opened by <see cref="WorkerAsync"/> are stopped; all others pass. The gate itself is waited for without a lock_timeout.
/// </summary>
internal sealed class Gate : IAsyncDisposable
{
    private readonly StarDatabase _database;
    private readonly Session _keeper;

    private Gate(StarDatabase database, Session keeper) => (_database, _keeper) = (database, keeper);

    public static async Task<Gate> CloseAsync(StarDatabase database, string table = "public.metric_facts")
    {
        await database.ExecuteAsync(
            $"""
            CREATE FUNCTION public.gate() RETURNS trigger LANGUAGE plpgsql SET lock_timeout = 0 AS $$
            BEGIN
                IF current_setting('test.gated', true) = 'on' THEN
                    PERFORM pg_catalog.pg_advisory_xact_lock_shared(42, 1);
                END IF;
                RETURN NULL;
            END $$;
            CREATE TRIGGER gate BEFORE INSERT ON {table} FOR EACH STATEMENT EXECUTE FUNCTION public.gate();
            """);
        return new Gate(database, await database.OpenAsync("SELECT pg_advisory_lock(42, 1)"));
    }

    public Task<Session> WorkerAsync() => _database.OpenAsync("SET test.gated = 'on'");

    public Task OpenAsync() => _keeper.ExecuteAsync("SELECT pg_advisory_unlock_all()");

    public ValueTask DisposeAsync() => _keeper.DisposeAsync();
}
