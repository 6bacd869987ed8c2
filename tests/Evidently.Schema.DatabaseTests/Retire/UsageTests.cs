using Evidently.Schema.DatabaseTests.Backfill;
using Npgsql;

namespace Evidently.Schema.DatabaseTests.Retire;

/// <summary>Who still uses legacy, before and after archive.</summary>
[Category("Versions")]
[Parallelizable(ParallelScope.All)]
public sealed class UsageTests
{
    private const string Usage = "SELECT concat_ws(' ', u.kind, u.object, u.detail) FROM evidently_schema.legacy_usage() AS u";

    [Test]
    public async Task It_names_all_that_hangs_on_the_table_or_names_it()
    {
        await using var database = await RetireDatabase.ReadyAsync();
        await Sql.ExecuteAsync(database.AdminConnectionString, "CREATE PUBLICATION host_one FOR TABLE extracted_positions");
        await database.ExecuteAsync(
            """
            CREATE VIEW host_view AS SELECT id FROM extracted_positions;
            CREATE FUNCTION host_count() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM public.extracted_positions';
            CREATE FUNCTION host_other() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM public.metric_facts';
            CREATE TABLE host (id bigint);
            CREATE POLICY host ON host USING (EXISTS (SELECT FROM extracted_positions AS ep WHERE ep.id = host.id));
            """);
        await Sql.ExecuteAsync(
            database.AdminConnectionString,
            """
            CREATE SCHEMA cron;
            CREATE TABLE cron.job (jobid bigint, schedule text, command text);
            INSERT INTO cron.job VALUES (7, '0 3 * * *', 'DELETE FROM extracted_positions WHERE created_at < now() - interval ''1 year'''), (8, '0 4 * * *', 'VACUUM metric_facts');
            """);

        Assert.That(await database.ListAsync(Usage), Has.None.Contains("cron job"), "which this role may not see");
        await Sql.ExecuteAsync(database.AdminConnectionString, "GRANT USAGE ON SCHEMA cron TO PUBLIC; GRANT SELECT ON cron.job TO PUBLIC");
        var usage = await database.ListAsync(Usage);

        Assert.That(usage, Has.Some.Contains("view public.host_view").And.Some.Contains("policy host on public.host").And.Some.Contains("publication host_one")
            .And.Some.Contains("names it public.host_count()").And.Some.Contains("cron job 7 scheduled 0 3 * * *"));
        Assert.That(usage, Has.None.Contains("host_other").And.None.Contains("cron job 8"));
    }

    [Test]
    public async Task Reads_and_writes_are_counted_since_the_last_call_and_since_archive_and_writers_by_their_names()
    {
        await using var database = await RetireDatabase.ArchivedAsync();
        await using (var nightly = await Session.OpenAsync(new NpgsqlConnectionStringBuilder(database.ConnectionString) { ApplicationName = "nightly job" }.ConnectionString))
        {
            await nightly.ExecuteAsync("UPDATE extracted_positions SET topic = 'nightly' WHERE collector_result_id = 1");
            await nightly.ScalarAsync<long>("SELECT count(*) FROM extracted_positions");
        }

        await Eventually.Holds(
            async () => await database.ScalarAsync<bool>("SELECT bool_and(since_archive > 0) FROM evidently_schema.legacy_usage() WHERE kind IN ('reads', 'writes')"), "the statistics have come");
        Assert.That(await database.ListAsync("SELECT since_archive FROM evidently_schema.legacy_usage() WHERE kind = 'writes'"), Is.EqualTo(new[] { "3" }), "rows");
        Assert.That(await database.ListAsync("SELECT since_last FROM evidently_schema.legacy_usage() WHERE kind IN ('reads', 'writes')"), Is.EqualTo(new[] { "0", "0" }), "nobody since");
        Assert.That(await database.ListAsync("SELECT object || since_archive || (last_at > now() - interval '1 hour') FROM evidently_schema.legacy_usage() WHERE kind = 'writer'"), Is.EqualTo(new[] { "nightly job1true" }));
    }
}
