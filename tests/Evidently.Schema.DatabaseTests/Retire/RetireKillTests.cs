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
        await database.OldAndQuietAsync();
        await database.ExecuteAsync("CREATE TABLE kept AS SELECT * FROM extracted_positions");

        await KilledAsync(database, seed: 7, () => database.DropAsync());

        Assert.That(await database.ListAsync(RetireDatabase.Differing), Is.Empty);
    }

    /// <summary>Later and later.</summary>
    private static Task KilledAsync(StarDatabase database, int seed, Func<Task> migrate) => KilledRuns.FinishAsync(database, Kills, seed, kill => 120 * (kill + 1), migrate);
}
