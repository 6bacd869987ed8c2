using Evidently.Schema.DatabaseTests.Retire;
using Evidently.Schema.Hosting;
using Evidently.Schema.Hosting.Data;
using Evidently.Schema.Testing;

namespace Evidently.Schema.DatabaseTests.Backfill;

/// <summary>A migration that was interrupted before its version was listed, and then not continued but rolled back: its own Down does not run, the one before it takes it back.</summary>
/// <remarks>Seen to fail where a Down takes back its own migration alone: 103 to 107, 203, 204, 302, 303, 403 and 404, phase 1 for 203 to 205, the archive for both, the copy that begins anew; where
/// 205's Down does not empty the star itself: the copy of which 205 is not listed either.</remarks>
[Parallelizable(ParallelScope.All)]
public sealed class InterruptedTests
{
    private static readonly LegacyVariant Unindexed = new() { ResultIndex = false };

    private static IEnumerable<long> Versions() => MigrationCatalog.All.Select(migration => migration.Version).Where(version => version is > 101 and <= Steps.Routed);

    private static IEnumerable<long> OfThePhase() => Versions().Where(version => version is > 201 and <= Steps.Finished);

    /// <summary>The first of a phase would be taken back by the phase before, which does not know whether it is wanted, and 102 by 101, which may have dropped what it needs for it: refused, and said how it goes on.</summary>
    [TestCaseSource(nameof(Versions))]
    [Category("Last")]
    [Explicit("Up and down once for each migration: CI runs it last.")]
    public async Task Nothing_of_it_stays(long version)
    {
        await using var database = await StarDatabase.CreateAsync(0, Unindexed);
        var before = await Dump.WithoutOursAsync(database);
        await InterruptAsync(database, version);

        if (version % 100 == 1 || version == 102)
        {
            var refusal = Steps.Refusal(await Assert.CatchAsync(() => Steps.DownAsync(database.ConnectionString, 0)))!;
            Assert.That(refusal.SqlState, Is.EqualTo("EV007"), refusal.MessageText);
            Assert.That(refusal.Hint, Does.Contain("migrate up"));
            await Steps.UpAsync(database.ConnectionString, version);
        }

        await Steps.DownAsync(database.ConnectionString, 0);

        Assert.That(await Dump.WithoutOursAsync(database), Is.EqualTo(before));
        Assert.That(await Dump.OursAsync(database), Is.SubsetOf(new[] { "version_info" }));
    }

    [TestCaseSource(nameof(OfThePhase))]
    [Category("Versions")]
    public async Task Phase_1_is_what_it_was_with_its_keys_and_indexes_and_empty(long version)
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Created, Unindexed);
        var created = await Dump.AllAsync(database);
        await InterruptAsync(database, version);

        await Steps.DownAsync(database.ConnectionString, Steps.Created);

        Assert.That(await Dump.AllAsync(database), Is.EqualTo(created));
        Assert.That(await database.ScalarAsync<long>("SELECT count(*) FROM metric_facts"), Is.Zero);
    }

    /// <summary>Validated, the copied rows would be read under locks that make every writer of a parent wait; and of those whose parent is gone meanwhile it would fail.</summary>
    [Test]
    [Category("Versions")]
    public async Task A_copy_that_was_interrupted_is_emptied_before_the_foreign_keys_are_attached([Values] bool listed)
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Created);
        var created = await Dump.AllAsync(database);
        await CopyInPartAsync(database);
        if (!listed)
        {
            await database.ExecuteAsync($"DELETE FROM evidently_schema.version_info WHERE version = {Steps.BeforeCopy}");
        }

        Assert.That(await database.ExecuteAsync("DELETE FROM brand_competitors WHERE id IN (SELECT competitor_id FROM competitor_metrics)"), Is.Positive);
        var violation = (await Assert.ThrowsAsync<Npgsql.PostgresException>(() => database.ExecuteAsync("SELECT evidently_schema.attach_foreign_keys(true)")))!;
        Assert.That(violation.SqlState, Is.EqualTo(Npgsql.PostgresErrorCodes.ForeignKeyViolation));

        await database.RollbackAsync(Phase.Create);

        Assert.That(await Dump.AllAsync(database), Is.EqualTo(created));
        Assert.That(await database.ScalarAsync<long>("SELECT count(*) FROM metric_facts"), Is.Zero);
    }

    /// <summary>The checkpoints are those of rows that are gone.</summary>
    [Test]
    [Category("Versions")]
    public async Task A_copy_that_was_interrupted_and_rolled_back_begins_anew()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Created);
        await CopyInPartAsync(database);

        await Steps.DownAsync(database.ConnectionString, Steps.BeforeCopy - 1);
        await Steps.UpAsync(database.ConnectionString, Steps.Finished);

        await database.AssertStarAsync();
    }

    [TestCase(502)]
    [TestCase(503)]
    [Category("Versions")]
    public async Task Brought_back_from_the_archive_legacy_has_its_keys_and_indexes(long version)
    {
        await using var database = await RetireDatabase.ReadyAsync();
        var before = await Dump.AllAsync(database);
        await InterruptAsync(database, version, "archive");

        await Steps.DownAsync(database.ConnectionString, Steps.Routed, "archive");

        Assert.That(await Dump.AllAsync(database), Is.EqualTo(before));
    }

    /// <summary>PostgreSQL's own hint is DROP … CASCADE.</summary>
    [Test]
    [Category("Versions")]
    public async Task What_a_host_has_made_of_a_table_stands_in_the_way_of_its_Down_and_is_named()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Created);
        await database.ExecuteAsync("CREATE VIEW of_the_host AS SELECT id FROM metric_facts");

        var refusal = Steps.Refusal(await Assert.CatchAsync(() => Steps.DownAsync(database.ConnectionString, 0)))!;

        Assert.That(refusal.SqlState, Is.EqualTo("EV007"));
        Assert.That(refusal.MessageText, Does.Contain("view public.of_the_host depends on table public.metric_facts"));
        Assert.That(refusal.Hint, Does.Contain("drop it first").And.Not.Contain("CASCADE"));

        await database.ExecuteAsync("DROP VIEW of_the_host");
        await Steps.DownAsync(database.ConnectionString, 0);
    }

    /// <summary>As in the middle of 206: two results of sixteen are copied.</summary>
    private static async Task CopyInPartAsync(StarDatabase database)
    {
        await Steps.UpAsync(database.ConnectionString, Steps.BeforeCopy);
        await database.ExecuteAsync("SELECT evidently_schema.start_backfill()");
        await database.ExecuteAsync("SELECT evidently_schema.copy_batch(2)");
    }

    /// <summary>As after the migration's last statement: all of it is there, but for the row.</summary>
    private static async Task InterruptAsync(StarDatabase database, long version, params string[] tags)
    {
        await Steps.TaggedUpAsync(database.ConnectionString, version, tags);
        Assert.That(await database.ExecuteAsync($"DELETE FROM evidently_schema.version_info WHERE version = {version}"), Is.EqualTo(1));
    }
}
