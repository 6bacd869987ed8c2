namespace Evidently.Schema.DatabaseTests.Backfill;

/// <summary>Competitor names whose columns do not compare alike.</summary>
[Parallelizable(ParallelScope.All)]
[Category("Versions")]
public sealed class CollationTests
{
    /// <summary>
    /// Guard: the COLLATE of legacy_rows' competitor_name in M203_LegacyRows.sql. A view's column keeps its collation, so the file is run
    /// without it over views dropped before.
    /// </summary>
    [Test]
    public async Task Two_collations_of_the_names_stop_no_batch([Values] bool guarded)
    {
        const string Collate = " COLLATE %11$s AS competitor_name";
        await using var database = await StarDatabase.CreateAsync(0);
        await database.ExecuteAsync(
            """
            ALTER TABLE extracted_positions ALTER competitor_name TYPE text COLLATE "POSIX";
            ALTER TABLE brand_competitors ALTER competitor_name TYPE text COLLATE "C";
            """);
        await Steps.UpAsync(database.ConnectionString, 203);
        if (!guarded)
        {
            await database.ExecuteAsync("DROP VIEW evidently_schema.legacy_rows CASCADE");
            var view = Steps.Sql("M203_LegacyRows.sql");
            Assert.That(view, Does.Contain(Collate), "the guard is no longer where this test looks for it");
            await database.ExecuteAsync(view.Replace(Collate, " AS competitor_name", StringComparison.Ordinal));
            await database.ExecuteAsync(Steps.Sql("M203_CreateProjection.sql"));
        }

        await Steps.UpAsync(database.ConnectionString, Steps.Copied);

        Assert.That(
            await database.ListAsync("SELECT DISTINCT last_error FROM evidently_schema.change_notes"), guarded ? Is.Empty : Is.EqualTo(new[] { "SQLSTATE 42P22" }));
        Assert.That(await database.ScalarAsync<long>("SELECT count(*) FROM competitor_metrics"), guarded ? Is.Positive : Is.Zero);
        if (guarded)
        {
            await database.MigrateAsync(Phase.Backfill);
            await database.AssertStarAsync();
        }
    }
}
