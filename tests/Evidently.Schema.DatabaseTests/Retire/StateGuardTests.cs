using System.Globalization;
using Evidently.Schema.DatabaseTests.Backfill;

namespace Evidently.Schema.DatabaseTests.Retire;

/// <summary>Each step alone, up and down, whatever the version table says, while legacy is archived and after it was dropped: it refuses.</summary>
[Category("Versions")]
[Category("Last")]
[Explicit("Takes longer than the others: CI runs it last.")]
[Parallelizable(ParallelScope.All)]
public sealed class StateGuardTests
{
    [Test]
    public async Task No_step_of_an_earlier_phase_changes_anything_while_legacy_is_archived([Values] bool up)
    {
        await using var database = await RetireDatabase.ArchivedAsync();
        await AssertGuardedAsync(database, up, before: 500);
        await database.AssertVerifiedAsync();
    }

    [Test]
    public async Task No_step_changes_anything_after_legacy_was_dropped([Values] bool up)
    {
        await using var database = await RetireDatabase.ArchivedAsync(toStar: true);
        await database.OldAndQuietAsync();
        await database.DropAsync();
        await AssertGuardedAsync(database, up, before: 504);
    }

    /// <summary>Of the steps up to phase 5 the version table is made to list those before this one, and, going down, this one.</summary>
    private static async Task AssertGuardedAsync(StarDatabase database, bool up, long before)
    {
        var dump = await Dump.AllAsync(database);
        var shown = await database.ShownAsync();
        await database.ExecuteAsync("CREATE TABLE evidently_schema.versions AS SELECT * FROM evidently_schema.version_info");
        var list = await Dump.AllAsync(database);
        foreach (var version in await database.ListAsync($"SELECT version::text FROM evidently_schema.versions WHERE version < {before} ORDER BY version"))
        {
            await database.ExecuteAsync($"TRUNCATE evidently_schema.version_info; INSERT INTO evidently_schema.version_info SELECT * FROM evidently_schema.versions WHERE version {(up ? "<>" : "<=")} {version}");
            var step = long.Parse(version, CultureInfo.InvariantCulture);

            string[] tags = step > 500 ? ["archive", "cleanup"] : [];
            var refusal = Steps.Refusal(await Assert.CatchAsync(() => up ? Steps.TaggedUpAsync(database.ConnectionString, step, tags) : Steps.DownAsync(database.ConnectionString, step - 1, tags)));

            Assert.That(refusal?.SqlState, Is.EqualTo("EV007"), $"{version}: {refusal?.MessageText}");
            Assert.That(await Dump.AllAsync(database), Is.EqualTo(list), $"{version}: {refusal?.MessageText}");
        }

        await database.ExecuteAsync("TRUNCATE evidently_schema.version_info; INSERT INTO evidently_schema.version_info SELECT * FROM evidently_schema.versions; DROP TABLE evidently_schema.versions");
        Assert.That(await Dump.AllAsync(database), Is.EqualTo(dump));
        Assert.That(await database.ShownAsync(), Is.EqualTo(shown));
    }
}
