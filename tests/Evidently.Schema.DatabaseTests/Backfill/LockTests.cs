using Evidently.Schema.Hosting;

namespace Evidently.Schema.DatabaseTests.Backfill;

/// <summary>The migration beside an application's open transactions: it waits, nobody waits for it, and it can give up.</summary>
[Parallelizable(ParallelScope.All)]
[Category("Versions")]
public sealed class LockTests
{
    private const string Reader = "SELECT count(*) FROM {0}";
    private const string Writer = "UPDATE {0} SET created_at = created_at WHERE id::text = (SELECT max(id::text) FROM {0})";

    /// <summary>From, to, table held, and how: each table in every direction that locks it against the holder.</summary>
    public static IEnumerable<object[]> Held()
    {
        foreach (var table in new[] { "customers", "brands", "generated_queries", "collector_results", "brand_competitors" })
        {
            yield return [Phase.None, Phase.Create, table, Writer];
            yield return [Phase.Create, Phase.None, table, table is "brands" ? Writer : Reader];
        }

        foreach (var table in new[] { "extracted_positions", "brands", "brand_competitors" })
        {
            yield return [Phase.Create, Phase.Backfill, table, Writer];
            yield return [Phase.Backfill, Phase.Create, table, Reader];
            yield return [Phase.Backfill, Phase.Create, table, Writer];
        }

        yield return [Phase.Create, Phase.Backfill, "brands", Reader];
    }

    [TestCaseSource(nameof(Held))]
    public async Task The_migration_waits_for_an_open_transaction_and_no_writer_waits_for_it(Phase from, Phase to, string table, string held)
    {
        await using var database = await AtAsync(from);
        await using var holder = await database.OpenAsync($"BEGIN; {held.Replace("{0}", table, StringComparison.Ordinal)}");
        await using var writer = await database.OpenAsync("SET lock_timeout = '5s'");

        var migrating = MoveAsync(database, from, to);
        for (var tries = 0; tries < 5; tries++)
        {
            await StandsAsync(database, migrating);
            await writer.ExecuteAsync($"UPDATE {table} SET created_at = created_at WHERE id::text = (SELECT min(id::text) FROM {table})");
            await writer.ExecuteAsync($"SELECT count(*) FROM {table}");
        }

        Assert.That(migrating.IsCompleted, Is.False, "it should still wait");
        await holder.ExecuteAsync("COMMIT");
        await migrating;

        if (to == Phase.Backfill)
        {
            await database.DrainAsync();
            await database.AssertStarAsync();
        }
    }

    [TestCase(Phase.None, Phase.Create, "brands")]
    [TestCase(Phase.Create, Phase.Backfill, "extracted_positions")]
    [TestCase(Phase.Create, Phase.None, "brand_competitors")]
    [TestCase(Phase.Backfill, Phase.Create, "brands")]
    public async Task It_gives_up_naming_who_blocks_it_and_has_changed_nothing(Phase from, Phase to, string table)
    {
        await using var database = await AtAsync(from);
        var before = await Dump.WithoutOursAsync(database);
        var rows = await Dump.LegacyRowsAsync(database);
        await using var holder = await database.OpenAsync($"SET application_name = 'the blocker'; BEGIN; {Writer.Replace("{0}", table, StringComparison.Ordinal)}");

        var refusal = (await Assert.ThrowsAsync<SchemaException>(() => MoveAsync(database, from, to, "-c evidently_schema.lock_patience=1s")))!;

        Assert.Multiple(() =>
        {
            Assert.That(refusal.Error, Is.EqualTo(SchemaError.LockTimeout), refusal.Message);
            Assert.That(refusal.Message, Does.Contain($"public.{table}"));
            Assert.That(refusal.Message, Does.Contain($"backend {holder.Pid} (the blocker"));
        });
        if ((from, to) is not (Phase.Create, Phase.None)) // whose other steps, before the refused one, are done
        {
            Assert.That(await Dump.WithoutOursAsync(database), Is.EqualTo(before));
        }

        await holder.ExecuteAsync("ROLLBACK");
        Assert.That(await Dump.LegacyRowsAsync(database), Is.EqualTo(rows));
        await MoveAsync(database, from, to);
    }

    private static Task<StarDatabase> AtAsync(Phase phase) =>
        StarDatabase.CreateAsync(phase switch { Phase.None => 0, Phase.Create => Steps.Created, _ => Steps.Finished });

    private static Task MoveAsync(StarDatabase database, Phase from, Phase to, string? settings = null) =>
        Task.Run(() => to > from ? database.MigrateAsync(to, settings) : database.RollbackAsync(to, settings));

    /// <summary>Until a step stands before a lock, or sleeps between two tries.</summary>
    private static Task StandsAsync(StarDatabase database, Task migrating) => Eventually.Holds(
        async () => migrating.IsCompleted || await database.ScalarAsync<bool>(
            """
            SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND state = 'active'
                AND query LIKE '%CALL evidently_schema.step%' AND pid <> pg_backend_pid() AND wait_event IN ('relation', 'PgSleep'))
            """),
        "a step waits");
}
