using System.Globalization;
using Evidently.Schema.DatabaseTests.Backfill;
using Npgsql;

namespace Evidently.Schema.DatabaseTests.Retire;

/// <summary>The application's traffic goes through archive, stragglers and the star's writer in turn, Down, archive again and cleanup.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class TrafficTests
{
    private static readonly string[] Readers =
    [
        "SELECT count(*), avg(visibility_index) FROM extracted_positions WHERE brand_id = (SELECT id FROM brands ORDER BY id LIMIT 1) AND competitor_name IS NULL",
        "SELECT * FROM extracted_positions WHERE collector_result_id = ANY (ARRAY[1, 2, 100])",
        "SELECT date_trunc('day', processed_at), avg(share_of_answers_brand) FROM extracted_positions GROUP BY 1",
        "SELECT lower(btrim(topic)), avg(visibility_index) FROM extracted_positions WHERE competitor_name IS NULL GROUP BY 1",
        "SELECT query_id, sum(competitor_mentions) FROM extracted_positions WHERE competitor_name IS NOT NULL GROUP BY 1",
        "SELECT ep.collector_result_id, c.created_at FROM extracted_positions AS ep JOIN collector_results AS c ON c.id = ep.collector_result_id WHERE ep.has_brand_presence",
    ];

    [Test]
    public async Task No_statement_fails_no_result_is_lost_and_readers_see_the_same_before_and_after_every_step()
    {
        await using var database = await RetireDatabase.ReadyAsync();
        await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(database.ConnectionString) { MaxAutoPrepare = 30, AutoPrepareMinUsages = 2, MaxPoolSize = 4 });
        var before = await database.ShownAsync();

        await UnderTrafficAsync(source, () => database.MigrateAsync(Phase.Retire));
        for (var day = 0; day < 2; day++)
        {
            await UnderTrafficAsync(source, () => database.ExecuteAsync(RetireDatabase.ToStar));
            await database.ExecuteAsync(RetireDatabase.Save(2, like: 2, visibility: "0.31"));
            await UnderTrafficAsync(source, () => database.ExecuteAsync("UPDATE extracted_positions SET topic = 'straggler' WHERE collector_result_id = 2"));
            await database.AssertVerifiedAsync();
        }

        await UnderTrafficAsync(source, () => database.RollbackAsync(Phase.Reads));
        await database.AssertVerifiedAsync();
        await database.AssertStarAsync();
        Assert.That(await database.ScalarAsync<long>("SELECT count(DISTINCT collector_result_id) FROM extracted_positions"), Is.EqualTo(16 + 1), "no result is lost");
        Assert.That(before, Is.Not.Null);

        await database.ExecuteAsync("UPDATE evidently_schema.rejected_rows SET acknowledged = true");
        await UnderTrafficAsync(source, () => database.MigrateAsync(Phase.Retire));
        await database.ExecuteAsync(RetireDatabase.ToStar);
        await CleanupTests.OldAndQuietAsync(database);
        await database.AssertVerifiedAsync();
        var shown = await database.ScalarAsync<string>("SELECT md5(string_agg(to_jsonb(ep)::text, ',' ORDER BY ep.id)) FROM (SELECT id, collector_result_id, competitor_name, topic, visibility_index::numeric(8, 4) FROM extracted_positions) AS ep");
        await UnderTrafficAsync(source, () => CleanupTests.DropAsync(database), write: false);
        Assert.That(
            await database.ScalarAsync<string>("SELECT md5(string_agg(to_jsonb(ep)::text, ',' ORDER BY ep.id)) FROM (SELECT id, collector_result_id, competitor_name, topic, visibility_index::numeric(8, 4) FROM extracted_positions) AS ep"), Is.EqualTo(shown));
    }

    /// <summary>Readers and, where they may, the application's writer run before, during and after the step; a failure of any fails the test.</summary>
    private static async Task UnderTrafficAsync(NpgsqlDataSource source, Func<Task> step, bool write = true)
    {
        using var stop = new CancellationTokenSource();
        var rounds = 0;
        var traffic = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested || rounds < 3)
            {
                foreach (var reader in Readers)
                {
                    await RunAsync(source, reader);
                }

                if (write)
                {
                    await ScoreAsync(source, rounds);
                }

                rounds++;
            }
        });
        await Eventually.Holds(() => Task.FromResult(rounds > 2 || traffic.IsCompleted), "traffic runs");
        await Task.Run(step);
        await stop.CancelAsync();
        await traffic;
    }

    /// <summary>DELETE, INSERT, then the ids selected and updated by, as the application does.</summary>
    private static async Task ScoreAsync(NpgsqlDataSource source, int round)
    {
        const string Columns = "brand_id, customer_id, query_id, collector_type, competitor_name, visibility_index, visibility_index_competitor";
        await RunAsync(source, "DELETE FROM extracted_positions WHERE collector_result_id = 100");
        await RunAsync(source, $"INSERT INTO extracted_positions (collector_result_id, {Columns}) SELECT 100, {Columns} FROM extracted_positions WHERE collector_result_id = 1 ORDER BY competitor_name NULLS FIRST RETURNING id");
        var ids = await RunAsync(source, "SELECT id FROM extracted_positions WHERE collector_result_id = 100");
        await RunAsync(source, string.Create(CultureInfo.InvariantCulture, $"UPDATE extracted_positions SET sentiment_label = 'POSITIVE', sentiment_score = {round % 100} WHERE id IN ({string.Join(", ", ids.DefaultIfEmpty("0"))})"));
        await RunAsync(source, RetireDatabase.Save(100));
    }

    private static async Task<List<string>> RunAsync(NpgsqlDataSource source, string sql)
    {
        await using var command = source.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync();
        var list = new List<string>();
        while (await reader.ReadAsync())
        {
            list.Add(reader.FieldCount == 0 || await reader.IsDBNullAsync(0) ? string.Empty : reader.GetValue(0).ToString()!);
        }

        return list;
    }
}
