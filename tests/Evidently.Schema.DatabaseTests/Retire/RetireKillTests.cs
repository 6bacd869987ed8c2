using Evidently.Schema.DatabaseTests.Backfill;
using Evidently.Schema.Testing;

namespace Evidently.Schema.DatabaseTests.Retire;

/// <summary>Every session of the migration is ended again and again, wherever it is; then it may finish, and ends where an undisturbed one does.</summary>
[Category("Versions")]
[Category("Last")]
[Explicit("Takes longer than the others: CI runs it last.")]
[Parallelizable(ParallelScope.All)]
public sealed class RetireKillTests
{
    private const int Kills = 8;

    private const string Others = "FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()";

    [Test]
    public async Task Archive_and_its_Down_killed_at_random_moments_end_where_undisturbed_ones_end()
    {
        await using var database = await RetireDatabase.ReadyAsync(new LegacyVariant { CompetitorId = CompetitorIdType.Uuid });
        await using var undisturbed = await RetireDatabase.ReadyAsync(new LegacyVariant { CompetitorId = CompetitorIdType.Uuid });
        var ready = await Dump.AllAsync(database);
        var shown = await database.ShownAsync();
        await undisturbed.MigrateAsync(Phase.Retire);

        await KilledAsync(database, seed: 5, () => database.MigrateAsync(Phase.Retire));
        Assert.That(await Dump.AllAsync(database), Is.EqualTo(await Dump.AllAsync(undisturbed)));
        Assert.That(await database.ShownAsync(), Is.EqualTo(shown));
        await database.AssertVerifiedAsync();

        await database.ExecuteAsync(RetireDatabase.ToStar);
        await database.ExecuteAsync(RetireDatabase.Save(100));
        shown = await database.ShownAsync();
        await KilledAsync(database, seed: 6, () => database.RollbackAsync(Phase.Reads));
        Assert.That(await Dump.AllAsync(database), Is.EqualTo(ready));
        Assert.That(await database.ShownAsync(), Is.EqualTo(shown));
        await database.AssertVerifiedAsync();
    }

    [Test]
    public async Task Cleanup_killed_at_random_moments_loses_no_row()
    {
        await using var database = await RetireDatabase.ArchivedAsync(fill: StarDatabase.Few with { Results = 900, Dirt = LegacyDirt.Heavy }, toStar: true);
        await CleanupTests.OldAndQuietAsync(database);
        await database.ExecuteAsync("CREATE TABLE kept AS SELECT * FROM extracted_positions");

        await KilledAsync(database, seed: 7, () => CleanupTests.DropAsync(database));

        Assert.That(
            await database.ListAsync("SELECT coalesce(k.id, v.id)::text FROM kept AS k FULL JOIN extracted_positions AS v ON v.id = k.id WHERE k.id IS NULL OR v.id IS NULL OR to_jsonb(v) <> to_jsonb(k)"), Is.Empty);
    }

    private static async Task KilledAsync(StarDatabase database, int seed, Func<Task> migrate)
    {
        var random = new Random(seed);
        for (var kill = 0; kill < Kills; kill++)
        {
            var running = Task.Run(migrate);
            await Eventually.Holds(async () => running.IsCompleted || await Sql.ScalarAsync<bool>(database.AdminConnectionString, $"SELECT EXISTS (SELECT {Others} AND query LIKE '%evidently_schema%')"), "a session is open");
            await Task.Delay(TimeSpan.FromMilliseconds(random.Next(120 * (kill + 1))), TimeProvider.System); // the moment is what is random: later and later
            await Sql.ExecuteAsync(database.AdminConnectionString, $"SELECT pg_terminate_backend(pid) {Others}");
            await running.ContinueWith(_ => { }, TaskScheduler.Default);
        }

        await migrate();
    }
}
