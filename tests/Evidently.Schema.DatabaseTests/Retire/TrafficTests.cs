using Evidently.Schema.DatabaseTests.Backfill;
using Evidently.Schema.Testing;

namespace Evidently.Schema.DatabaseTests.Retire;

/// <summary>The application's traffic goes through archive, stragglers and the star's writer in turn, Down, archive again and cleanup. Seen to fail when Down locks the table before the view.</summary>
[Category("Versions")]
[Category("Last")]
[Explicit("Takes longer than the others: CI runs it last.")]
[Parallelizable(ParallelScope.All)]
public sealed class TrafficTests
{
    [TestCase(CompetitorIdType.Integer, MetricType.Numeric)]
    [TestCase(CompetitorIdType.Uuid, MetricType.DoublePrecision)]
    public async Task No_statement_fails_no_result_is_lost_and_readers_see_the_same_before_and_after_every_step(CompetitorIdType competitors, MetricType metrics)
    {
        await using var database = await RetireDatabase.ReadyAsync(new LegacyVariant { CompetitorId = competitors, Metrics = metrics });
        await using var traffic = await RetireTraffic.CreateAsync(database);
        await database.ExecuteAsync($"CREATE TABLE cold AS SELECT * FROM extracted_positions WHERE collector_result_id <= {RetireTraffic.Cold}");

        await traffic.BesideAsync(() => database.MigrateAsync(Phase.Retire));
        await CheckAsync();
        for (var day = 0; day < 2; day++)
        {
            await traffic.BesideAsync(() => database.ExecuteAsync(RetireDatabase.ToStar));
            await CheckAsync();
            await traffic.BesideAsync(() => database.ExecuteAsync(RetireDatabase.ToBoth));
            await CheckAsync();
        }

        await database.ExecuteAsync(RetireDatabase.ToStar);
        await traffic.BesideAsync(() => database.RollbackAsync(Phase.Reads));
        await CheckAsync();
        await database.AssertStarAsync();

        await traffic.BesideAsync(() => database.MigrateAsync(Phase.Retire));
        await traffic.BesideAsync(() => database.ExecuteAsync(RetireDatabase.ToStar));
        await CheckAsync();

        await database.OldAndQuietAsync();
        await traffic.BesideAsync(() => database.DropAsync(), legacy: false);
        await CheckAsync();
        Assert.That(await database.ScalarAsync<string?>("SELECT to_regclass('extracted_positions_archived')::text"), Is.Null);

        async Task CheckAsync()
        {
            await traffic.AssertAsync();
            Assert.That(
                await database.ListAsync(
                    $"""
                    SELECT coalesce(c.id, v.id)::text FROM cold AS c FULL JOIN (SELECT * FROM extracted_positions WHERE collector_result_id <= {RetireTraffic.Cold}) AS v ON v.id = c.id
                    WHERE c.id IS NULL OR v.id IS NULL OR to_jsonb(v) <> to_jsonb(c)
                    """),
                Is.Empty, "rows that nobody writes, and that are missing or differ");
            await database.AssertVerifiedAsync();
            await traffic.AssertAsync();
        }
    }
}
