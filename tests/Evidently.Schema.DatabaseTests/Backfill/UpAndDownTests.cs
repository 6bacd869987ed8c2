using Evidently.Schema.Testing;

namespace Evidently.Schema.DatabaseTests.Backfill;

/// <summary>Every step goes back, and forward again to the same place.</summary>
[Parallelizable(ParallelScope.All)]
[Category("Versions")]
public sealed class UpAndDownTests
{
    public static IEnumerable<LegacyVariant> Variants() =>
    [
        new(),
        new() { ResultIndex = false, ForeignKeys = false, CompetitorId = CompetitorIdType.Uuid, LegacyId = LegacyIdType.Uuid },
        new() { SupabaseRoles = true, ExtraColumns = false, Positions = PositionsType.Jsonb, CompetitorId = CompetitorIdType.Bigint },
    ];

    [Test]
    public async Task Up_down_and_up_again_leave_the_same_schema_and_down_leaves_legacy_as_it_was(
        [ValueSource(nameof(Variants))] LegacyVariant variant, [Values(Phase.Create, Phase.Backfill, Phase.DualWrite, Phase.Reads)] Phase phase)
    {
        await using var database = await StarDatabase.CreateAsync(0, variant);
        var before = await Dump.WithoutOursAsync(database);
        var rows = await Dump.LegacyRowsAsync(database);

        await database.MigrateAsync(phase);
        var up = await Dump.AllAsync(database);
        await database.RollbackAsync(Phase.None);

        Assert.That(await Dump.WithoutOursAsync(database), Is.EqualTo(before));
        Assert.That(await Dump.LegacyRowsAsync(database), Is.EqualTo(rows));
        Assert.That(await Dump.OursAsync(database), Is.SubsetOf(new[] { "version_info" }));

        await database.MigrateAsync(phase);
        Assert.That(await Dump.AllAsync(database), Is.EqualTo(up));
        if (phase >= Phase.Backfill)
        {
            await database.AssertStarAsync();
        }
    }

    [Test]
    public async Task A_scheduler_that_drains_between_the_Downs_leaves_nothing_in_the_star()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Finished);
        await Steps.DownAsync(database.ConnectionString, Steps.BeforeCopy);
        await database.ExecuteAsync("UPDATE extracted_positions SET visibility_index = 0.3");
        await database.ExecuteAsync("CALL evidently_schema.drain(10)");
        Assert.That(await database.ScalarAsync<long>("SELECT count(*) FROM metric_facts"), Is.Positive);

        await Steps.DownAsync(database.ConnectionString, Steps.Created);

        Assert.That(await database.ScalarAsync<long>("SELECT (SELECT count(*) FROM metric_facts) + (SELECT count(*) FROM mv_brand_daily_metrics)"), Is.Zero);
    }

    [Test]
    public async Task From_phase_2_back_to_1_and_up_again_gives_the_same_schema_an_empty_star_between_and_the_same_star()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Created);
        var create = await Dump.AllAsync(database);
        await database.MigrateAsync(Phase.Backfill);
        var backfill = await Dump.AllAsync(database);
        var rows = await Dump.LegacyRowsAsync(database);

        await database.RollbackAsync(Phase.Create);

        Assert.That(await Dump.AllAsync(database), Is.EqualTo(create));
        Assert.That(
            await database.ScalarAsync<long>("SELECT (SELECT count(*) FROM metric_facts) + (SELECT count(*) FROM competitor_sentiment) + (SELECT count(*) FROM mv_brand_daily_metrics)"),
            Is.Zero);
        Assert.That(await Dump.LegacyRowsAsync(database), Is.EqualTo(rows));

        await database.MigrateAsync(Phase.Backfill);
        Assert.That(await Dump.AllAsync(database), Is.EqualTo(backfill));
        await database.AssertStarAsync();
    }

    [Test]
    public async Task Each_step_of_phases_1_and_2_goes_down_and_up_alone()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Finished);
        var finished = await Dump.AllAsync(database);

        foreach (var version in new[] { 207, 206, 205, 204, 203, 202, 201 })
        {
            await Steps.DownAsync(database.ConnectionString, version);
            await Steps.UpAsync(database.ConnectionString, Steps.Finished);
            Assert.That(await Dump.AllAsync(database), Is.EqualTo(finished), $"after down to {version}");
            await database.AssertStarAsync();
        }
    }
}
