using Evidently.Schema.DatabaseTests.Backfill;
using Evidently.Schema.DatabaseTests.Hosting;
using Evidently.Schema.Hosting;
using Evidently.Schema.Testing;
using Npgsql;

namespace Evidently.Schema.DatabaseTests.Pooler;

/// <summary>The application, and what drains, behind a PgBouncer in transaction mode with one server connection for all.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class PoolerTests
{
    private const string Notes = "SELECT count(*) FROM evidently_schema.change_notes";

    private static readonly string[] Scoring =
    [
        "DELETE FROM extracted_positions WHERE collector_result_id = $1",
        """
        INSERT INTO extracted_positions (collector_result_id, brand_id, customer_id, query_id, collector_type, competitor_name, visibility_index, visibility_index_competitor)
        SELECT $1, f.brand_id, b.customer_id, q.id, 'pooled', c.competitor_name, 0.4, CASE WHEN c.competitor_name IS NOT NULL THEN 0.3 END
        FROM (SELECT brand_id FROM collector_results WHERE id = $1) AS f JOIN brands AS b ON b.id = f.brand_id
        CROSS JOIN LATERAL (SELECT id FROM generated_queries AS q WHERE q.brand_id = b.id ORDER BY id LIMIT 1) AS q
        CROSS JOIN LATERAL (SELECT NULL AS competitor_name UNION ALL SELECT c.competitor_name FROM brand_competitors AS c WHERE c.brand_id = b.id) AS c
        """,
        "UPDATE extracted_positions SET sentiment_label = 'positive', sentiment_score = 70 WHERE collector_result_id = $1 AND competitor_name IS NULL",
        "UPDATE extracted_positions SET sentiment_label_competitor = 'neutral', sentiment_score_competitor = 50 WHERE collector_result_id = $1 AND competitor_name IS NOT NULL",
    ];

    [Test]
    public async Task Two_writers_that_share_a_server_connection_are_followed_by_the_star([Values] bool inTransactions)
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Synced);
        await using var pooler = await PgBouncer.StartAsync(database.ConnectionString);

        await Task.WhenAll(ScoreAsync(pooler, inTransactions, [1, 3, 5, 7]), ScoreAsync(pooler, inTransactions, [2, 4, 6, 8]));

        Assert.That(await database.ScalarAsync<long>(Notes), Is.Zero, "notes");
        Assert.That(await database.ScalarAsync<long>("SELECT count(*) FROM metric_facts WHERE collector_type = 'pooled'"), Is.EqualTo(8));
        await database.ExecuteAsync("SELECT public.refresh_mv_brand_daily_metrics()");
        await database.AssertStarAsync();
    }

    [Test]
    public async Task A_role_set_for_a_transaction_writes_and_the_next_client_has_its_own()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Synced, new LegacyVariant { SupabaseRoles = true });
        await using var pooler = await PgBouncer.StartAsync(database.AdminConnectionString);
        await using var one = await Session.OpenAsync(pooler.ConnectionString);
        await using var other = await Session.OpenAsync(pooler.ConnectionString);

        await one.ExecuteAsync("BEGIN; SET LOCAL ROLE authenticated");
        await one.ExecuteAsync("UPDATE extracted_positions SET visibility_index = 0.31 WHERE collector_result_id = 1");
        Assert.That(await one.ScalarAsync<string>("SELECT current_user::text"), Is.EqualTo("authenticated"));
        await one.ExecuteAsync("COMMIT");

        Assert.That(await other.ScalarAsync<string>("SELECT current_user::text"), Is.Not.EqualTo("authenticated"));
        Assert.That(await database.ScalarAsync<long>(Notes), Is.Zero, "notes");
        await database.ExecuteAsync("SELECT public.refresh_mv_brand_daily_metrics()");
        await database.AssertStarAsync();
    }

    [Test]
    public async Task History_is_copied_and_notes_are_drained_by_calls_that_return_in_time()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.BeforeCopy);
        await using var pooler = await PgBouncer.StartAsync(database.ConnectionString);
        await using var client = await Session.OpenAsync(pooler.ConnectionString);

        await Eventually.Holds(
            async () =>
            {
                await client.ExecuteAsync("CALL evidently_schema.backfill(5)");
                return await database.ScalarAsync<string>("SELECT state FROM evidently_schema.backfill_progress") is "copied";
            },
            "history is copied");
        await client.ExecuteAsync("UPDATE extracted_positions SET visibility_index = 0.12 WHERE collector_result_id IN (1, 2)");
        await client.ExecuteAsync("UPDATE generated_queries SET topic = 'pooled'");
        Assert.That(await client.ScalarAsync<long>("SELECT projected FROM evidently_schema.drain_turn(1)"), Is.EqualTo(1));
        await client.ExecuteAsync("CALL evidently_schema.drain(5)");

        await database.AssertDrainedAsync(guarded: true);
    }

    [Test]
    public async Task The_background_service_and_the_writer_work_through_it()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Synced);
        await using var pooler = await PgBouncer.StartAsync(database.ConnectionString);
        await using var host = await DrainingHost.StartAsync(pooler.ConnectionString);
        await using var source = NpgsqlDataSource.Create(pooler.ConnectionString);
        var writer = new PositionWriter(source);
        var (brand, competitors) = await Positions.OfResultAsync(database, 1);

        await Task.WhenAll(Enumerable.Range(1, 4).Select(result => writer.SaveAsync(result, brand with { VisibilityIndex = result / 10m }, competitors)));
        await database.ExecuteAsync("UPDATE evidently_schema.settings SET value = 'capture' WHERE name = 'dual_write'");
        await writer.SaveAsync(5, brand, competitors);

        await Eventually.Holds(async () => await database.ScalarAsync<long>(Notes) == 0, "the note is drained");
        await database.ExecuteAsync("SELECT public.refresh_mv_brand_daily_metrics()");
        await database.AssertStarAsync();
    }

    private static async Task ScoreAsync(PgBouncer pooler, bool inTransactions, long[] results)
    {
        await using var client = await Session.OpenAsync(pooler.ConnectionString);
        var commands = Scoring.Select(sql => new NpgsqlCommand(sql, client.Connection) { Parameters = { new NpgsqlParameter<long>() } }).ToArray();
        foreach (var command in commands.Where(_ => pooler.KeepsPreparedStatements))
        {
            command.Parameters[0].Value = 0L;
            await command.PrepareAsync();
        }

        foreach (var result in results)
        {
            await client.ExecuteAsync(inTransactions ? "BEGIN" : "SELECT 1");
            foreach (var command in commands)
            {
                command.Parameters[0].Value = result;
                await command.ExecuteNonQueryAsync();
            }

            await client.ExecuteAsync(inTransactions ? "COMMIT" : "SELECT 1");
        }

        foreach (var command in commands)
        {
            await command.DisposeAsync();
        }
    }
}
