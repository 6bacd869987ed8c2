using Evidently.Schema.Testing;
using Npgsql;

namespace Evidently.Schema.DatabaseTests.Backfill;

/// <summary>Validating the star's foreign keys over rows whose parent went while they were detached.</summary>
[Parallelizable(ParallelScope.All)]
[Category("Versions")]
public sealed class ForeignKeyTests
{
    private const string Validate = "CALL evidently_schema.validate_foreign_keys()";
    private const string Hold = "BEGIN; SELECT FROM metric_facts WHERE collector_result_id = 2 FOR UPDATE";
    private const string Orphans = "SELECT f.collector_result_id FROM metric_facts AS f WHERE NOT EXISTS (SELECT FROM collector_results AS c WHERE c.id = f.collector_result_id) ORDER BY 1";
    private const string Valid = "SELECT count(*) FROM evidently_schema.star_foreign_keys WHERE attached AND validated";

    /// <summary>
    /// Guard: <see cref="Guard.ShortWaitForOrphan"/>: it would wait as long as the orphan is held, holding those it has deleted before it.
    /// </summary>
    [Test]
    public async Task While_an_orphan_is_held_it_gives_up_in_time_and_holds_no_other([Values] bool guarded)
    {
        await using var database = await WithOrphansAsync("id IN (1, 2, 3)");
        await Guard.ShortWaitForOrphan.RemoveUnlessAsync(guarded, database);
        await using var application = await database.OpenAsync(Hold);
        await using var migrating = await database.OpenAsync("SET evidently_schema.lock_patience = '1s'");
        await using var another = await database.OpenAsync();
        const string OfAnother = "SELECT FROM metric_facts WHERE collector_result_id = 1 FOR UPDATE";

        if (guarded)
        {
            var refusal = (await Assert.ThrowsAsync<PostgresException>(() => migrating.ExecuteAsync(Validate)))!;
            Assert.That(refusal.SqlState, Is.EqualTo("EV005"));
            Assert.That(
                refusal.MessageText,
                Is.EqualTo("metric_facts_collector_result_id_fkey of public.metric_facts could not be validated within 00:00:01: rows without a parent are held by another transaction."));
            await another.ExecuteAsync(OfAnother);
            Assert.That(await database.ListAsync(Orphans), Is.EqualTo(new[] { "1", "2", "3" }), "a batch is whole or not there");
            await application.ExecuteAsync("COMMIT");
        }
        else
        {
            var validating = await migrating.StartsWaitingAsync(database, Validate, seconds: 2);
            var waiting = await another.StartsWaitingAsync(database, OfAnother, seconds: 1);
            await application.ExecuteAsync("COMMIT");
            await Task.WhenAll(validating, waiting);
        }

        await migrating.ExecuteAsync(Validate);
        Assert.That(await database.ListAsync(Orphans), Is.Empty);
        Assert.That(await database.ScalarAsync<long>(Valid), Is.EqualTo(10));
        await database.AssertDrainedAsync(guarded: true);
    }

    [Test]
    public async Task It_finishes_when_the_orphan_is_let_go()
    {
        await using var database = await WithOrphansAsync("id IN (1, 2, 3)");
        await using var application = await database.OpenAsync(Hold);
        await using var migrating = await database.OpenAsync();

        var validating = migrating.ExecuteAsync(Validate);
        await Eventually.Holds(
            async () => validating.IsCompleted || await database.ScalarAsync<bool>($"SELECT EXISTS (SELECT FROM pg_stat_activity WHERE pid = {migrating.Pid} AND wait_event = 'PgSleep')"),
            "it sleeps between two tries");
        Assert.That(validating.IsCompleted, Is.False, "the orphan is held");
        Assert.That(await database.ListAsync(Orphans), Is.EqualTo(new[] { "1", "2", "3" }));
        await application.ExecuteAsync("COMMIT");
        await validating;

        Assert.That(await database.ListAsync(Orphans), Is.Empty);
        Assert.That(await database.ScalarAsync<long>(Valid), Is.EqualTo(10));
        await database.AssertDrainedAsync(guarded: true);
    }

    /// <summary>Guard: <see cref="Guard.FewOrphans"/>.</summary>
    [Test]
    public async Task Orphans_are_deleted_a_thousand_a_transaction([Values] bool guarded)
    {
        await using var database = await WithOrphansAsync("true", StarDatabase.Few with { Results = 2100, CompetitorsPerBrand = 1 });
        await Guard.FewOrphans.RemoveUnlessAsync(guarded, database);
        await database.ExecuteAsync(
            """
            CREATE TABLE deleted (transaction xid8, facts bigint);
            CREATE FUNCTION count_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                INSERT INTO public.deleted SELECT pg_current_xact_id(), count(*) FROM gone HAVING count(*) > 0;
                RETURN NULL;
            END $$;
            CREATE TRIGGER count_deleted AFTER DELETE ON metric_facts REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION count_deleted();
            """);

        await database.ExecuteAsync(Validate);

        Assert.That(
            await database.ListAsync("SELECT sum(facts)::text FROM deleted GROUP BY transaction ORDER BY sum(facts) DESC"),
            Is.EqualTo(guarded ? new[] { "1000", "1000", "100" } : ["2100"]));
        await database.AssertDrainedAsync(guarded: true);
    }

    /// <summary>Guard: <see cref="Guard.FollowKeys"/>. A primary key that could be changed before still can: the star follows, and what it
    /// says is right.</summary>
    [Test]
    public async Task A_parents_key_can_be_changed_as_before(
        [Values("collector_results SET id = 100", "customers SET id = gen_random_uuid()", "generated_queries SET id = gen_random_uuid()", "brand_competitors SET id = 1000")]
        string change,
        [Values] bool guarded)
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Copied, new LegacyVariant { ForeignKeys = false });
        await Guard.FollowKeys.RemoveUnlessAsync(guarded, database);
        await database.ExecuteAsync("UPDATE brands SET customer_id = NULL; UPDATE generated_queries SET customer_id = NULL"); // the application's own keys do not cascade
        await Steps.UpAsync(database.ConnectionString, Steps.Finished);
        var table = change.Split(' ')[0];
        var sql = $"UPDATE {change} WHERE id::text = (SELECT min(id::text) FROM {table})";

        if (guarded)
        {
            Assert.That(await database.ExecuteAsync(sql), Is.EqualTo(1));
        }
        else
        {
            Assert.That((await Assert.ThrowsAsync<PostgresException>(() => database.ExecuteAsync(sql)))!.SqlState, Is.EqualTo(PostgresErrorCodes.ForeignKeyViolation));
        }

        await database.AssertDrainedAsync(guarded: true);
    }

    /// <summary>Guard: the conrelid of M104_CreateCompetitorMetrics.sql and M106_CreateCompetitorSentiment.sql.</summary>
    [TestCase("M104_CreateCompetitorMetrics.sql", "competitor_metrics", 103)]
    [TestCase("M106_CreateCompetitorSentiment.sql", "competitor_sentiment", 105)]
    public async Task A_table_of_the_same_name_in_another_schema_does_not_stand_for_ours(string file, string table, int before)
    {
        var condition = $"c.conrelid = 'public.{table}'::regclass";
        var step = Steps.Sql(file);
        Assert.That(step, Does.Contain(condition), "the guard is no longer where this test looks for it");
        await using var database = await StarDatabase.CreateAsync(before, new LegacyVariant { CompetitorId = CompetitorIdType.Uuid });
        await database.ExecuteAsync(
            $"CREATE SCHEMA another; CREATE TABLE another.{table} (competitor_id uuid CONSTRAINT {table}_competitor_id_fkey REFERENCES brand_competitors (id))");
        var type = $"SELECT format_type(atttypid, NULL) FROM pg_attribute WHERE attrelid = 'public.{table}'::regclass AND attname = 'competitor_id'";

        await database.ExecuteAsync(step.Replace(condition, "true", StringComparison.Ordinal));
        Assert.That(await database.ScalarAsync<string>(type), Is.EqualTo("integer"), "the test does not see the guard missing");
        await database.ExecuteAsync(step);
        Assert.That(await database.ScalarAsync<string>(type), Is.EqualTo("uuid"));

        await Steps.UpAsync(database.ConnectionString, Steps.Finished);
        await database.AssertStarAsync();
    }

    /// <summary>Copied, with some parents gone since, and the foreign keys attached but not validated.</summary>
    private static async Task<StarDatabase> WithOrphansAsync(string which, LegacyFill? fill = null)
    {
        var database = await StarDatabase.CreateAsync(Steps.Copied, fill: fill);
        await database.ExecuteAsync($"DELETE FROM collector_results WHERE {which}");
        await database.ExecuteAsync("SELECT evidently_schema.attach_foreign_keys(false)");
        return database;
    }
}
