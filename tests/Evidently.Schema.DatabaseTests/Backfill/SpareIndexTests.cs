namespace Evidently.Schema.DatabaseTests.Backfill;

/// <summary>The star's indexes that are taken off for the copy and built after it.</summary>
[Parallelizable(ParallelScope.All)]
[Category("Versions")]
public sealed class SpareIndexTests
{
    private const long BeforeDetaching = 204;

    private const string Indexes =
        "SELECT indexdef FROM pg_indexes WHERE tablename IN ('metric_facts', 'brand_metrics', 'competitor_metrics', 'brand_sentiment', 'competitor_sentiment') ORDER BY 1";

    private const string ChildrensKeys = "SELECT conname FROM pg_constraint WHERE contype = 'p' AND conrelid::regclass::text ~ '^(brand|competitor)_(metrics|sentiment)$' ORDER BY 1";

    private const string Published = "CREATE PUBLICATION everything FOR TABLE brand_metrics, competitor_metrics";
    private const string Referred = "CREATE TABLE notes_on_brands (brand_metrics_id bigint REFERENCES brand_metrics (id))";
    private const string Grouped = "CREATE VIEW grouped AS SELECT id, label FROM (SELECT id, sentiment_label AS label FROM brand_sentiment GROUP BY id) AS s";
    private const string Identity = "ALTER TABLE competitor_sentiment REPLICA IDENTITY USING INDEX competitor_sentiment_pkey";

    [Test]
    public async Task They_are_gone_while_history_is_copied_and_the_same_afterwards()
    {
        await using var database = await StarDatabase.CreateAsync(BeforeDetaching);
        var before = await database.ListAsync(Indexes);

        await Steps.UpAsync(database.ConnectionString, Steps.BeforeCopy);
        Assert.That(await database.ListAsync(Indexes), Has.Count.EqualTo(before.Count - 13));
        await Steps.UpAsync(database.ConnectionString, Steps.Finished);

        Assert.That(await database.ListAsync(Indexes), Is.EqualTo(before));
        Assert.That(await database.ScalarAsync<long>("SELECT count(*) FROM evidently_schema.detached_indexes"), Is.Zero);
    }

    /// <summary>Guard: <see cref="Guard.RefusingIndexStays"/>: the topic would pass, and then the index could not be built.</summary>
    [Test]
    public async Task A_topic_too_long_for_its_index_refuses_its_own_result_alone([Values] bool guarded)
    {
        await using var database = await StarDatabase.CreateAsync(BeforeDetaching);
        await Guard.RefusingIndexStays.RemoveUnlessAsync(guarded, database);
        await database.ExecuteAsync(
            "UPDATE extracted_positions SET topic = NULL, metadata = jsonb_build_object('topic_name', (SELECT string_agg(md5(g::text), '') FROM generate_series(1, 600) AS g)) WHERE collector_result_id = 1");

        var refusal = Steps.Refusal(await Record(() => Steps.UpAsync(database.ConnectionString, Steps.Finished)));

        Assert.That(refusal?.SqlState, Is.EqualTo(guarded ? null : "54000"));
        if (guarded)
        {
            Assert.That(await database.ListAsync("SELECT DISTINCT detail FROM evidently_schema.rejected_rows WHERE collector_result_id = 1"), Is.EqualTo(new[] { "SQLSTATE 54000" }));
            Assert.That(await database.DifferencesAsync([1]), Is.Empty);
        }
    }

    [Test]
    public async Task A_build_that_is_killed_goes_on_with_the_next()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Copied);
        var detached = await database.ScalarAsync<long>("SELECT count(*) FROM evidently_schema.detached_indexes");
        await using (var holder = await database.OpenAsync("BEGIN; LOCK TABLE competitor_metrics IN ROW EXCLUSIVE MODE"))
        {
            await using var victim = await database.OpenAsync();
            var building = await victim.StartsWaitingAsync(database, "CALL evidently_schema.build_indexes()");
            await database.ExecuteAsync($"SELECT pg_terminate_backend({victim.Pid})");
            await Assert.CatchAsync<Npgsql.NpgsqlException>(() => building);
        }

        Assert.That(await database.ScalarAsync<long>("SELECT count(*) FROM evidently_schema.detached_indexes"), Is.Positive.And.LessThan(detached));
        await Steps.UpAsync(database.ConnectionString, Steps.Finished);
        await using var undisturbed = await StarDatabase.CreateAsync(Steps.Finished);
        Assert.That(await database.ListAsync(Indexes), Is.EqualTo(await undisturbed.ListAsync(Indexes)));
    }

    /// <summary>One stands at an index it may not build yet; the other builds the rest, does not return before the last one is built, and builds it when the first is killed.</summary>
    [Test]
    public async Task Two_sessions_build_each_what_the_other_does_not_and_end_when_all_is_built([Values] bool killed)
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Copied);
        await database.ExecuteAsync("CREATE UNIQUE INDEX brand_sentiment_pkey ON brand_sentiment (id); DELETE FROM evidently_schema.detached_indexes WHERE name LIKE '%brand_sentiment_pkey'"); // one index of the table is left
        await using var holder = await database.OpenAsync("BEGIN; LOCK TABLE brand_sentiment IN ROW EXCLUSIVE MODE");
        await using var first = await database.OpenAsync();
        await using var second = await database.OpenAsync();
        var standing = await first.StartsWaitingAsync(database, "CALL evidently_schema.build_indexes()");

        var building = second.ExecuteAsync("CALL evidently_schema.build_indexes()");
        await Eventually.Holds(
            async () => await database.ScalarAsync<bool>($"SELECT wait_event = 'PgSleep' FROM pg_stat_activity WHERE pid = {second.Pid}"), "the second waits for the first");
        Assert.That(await database.ListAsync("SELECT name FROM evidently_schema.detached_indexes"), Is.EqualTo(new[] { "public.idx_brand_sentiment_label" }));
        Assert.That((standing.IsCompleted, building.IsCompleted), Is.EqualTo((false, false)));
        if (killed)
        {
            await database.ExecuteAsync($"SELECT pg_terminate_backend({first.Pid})");
            await Assert.CatchAsync<Npgsql.NpgsqlException>(() => standing);
        }

        await holder.ExecuteAsync("COMMIT");
        await building;
        await (killed ? Task.CompletedTask : standing);

        Assert.That(await database.ScalarAsync<long>("SELECT count(*) FROM evidently_schema.detached_indexes"), Is.Zero);
        await using var undisturbed = await StarDatabase.CreateAsync(Steps.Finished);
        Assert.That(await database.ListAsync(Indexes), Is.EqualTo(await undisturbed.ListAsync(Indexes)));
    }

    [Test]
    public async Task An_index_of_the_hosts_own_stays()
    {
        await using var database = await StarDatabase.CreateAsync(BeforeDetaching);
        await database.ExecuteAsync("CREATE INDEX of_the_host ON metric_facts (lower(topic), processed_at)");

        await Steps.UpAsync(database.ConnectionString, Steps.BeforeCopy);

        Assert.That(await database.ListAsync(Indexes), Has.Some.Contains("of_the_host"));
    }

    /// <summary>Without its key a published table could not be updated, and what refers to a key cannot do without it.</summary>
    [TestCase(Published, "brand_metrics_pkey", "competitor_metrics_pkey")]
    [TestCase(Referred, "brand_metrics_pkey")]
    [TestCase(Grouped, "brand_sentiment_pkey")]
    [TestCase(Identity, "competitor_sentiment_pkey")]
    public async Task A_primary_key_that_something_of_the_hosts_needs_stays(string sql, params string[] kept)
    {
        await using var database = await StarDatabase.CreateAsync(BeforeDetaching);
        await database.ExecuteAsync(sql);

        await Steps.UpAsync(database.ConnectionString, Steps.BeforeCopy);

        Assert.That(await database.ListAsync(ChildrensKeys), Is.EqualTo(kept));
        await Steps.UpAsync(database.ConnectionString, Steps.Finished);
        Assert.That(await database.ListAsync(ChildrensKeys), Has.Count.EqualTo(4));
    }

    /// <summary>The guards of the keys above, each a condition of detach_indexes(): without it they go, or what refers to them refuses.</summary>
    [TestCase(Published, "FROM pg_publication_tables AS p WHERE ", "FROM pg_publication_tables AS p WHERE false AND ")]
    [TestCase(Referred, "FROM pg_depend AS d WHERE ", "FROM pg_depend AS d WHERE false AND ")]
    [TestCase(Grouped, "FROM pg_depend AS d WHERE ", "FROM pg_depend AS d WHERE false AND ")]
    [TestCase(Identity, " AND NOT i.indisreplident", "")]
    public async Task It_is_this_condition_that_keeps_it(string sql, string condition, string without)
    {
        await using var database = await StarDatabase.CreateAsync(BeforeDetaching);
        await database.ExecuteAsync(sql);
        await new Guard("detach_indexes", condition, without).RemoveUnlessAsync(guarded: false, database);

        var refusal = Steps.Refusal(await Record(() => Steps.UpAsync(database.ConnectionString, Steps.BeforeCopy)));

        var needed = sql is Referred or Grouped;
        Assert.That(refusal?.SqlState, Is.EqualTo(needed ? "EV007" : null));
        Assert.That(await database.ListAsync(ChildrensKeys), Has.Count.EqualTo(needed ? 4 : 0));
    }

    /// <summary>The migration ends when the index is built and is no key yet.</summary>
    [Test]
    public async Task A_primary_key_is_made_of_an_index_that_is_there([Values] bool up)
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Copied);
        await database.ExecuteAsync("CALL evidently_schema.build_indexes()");
        Assert.That(await database.ListAsync(ChildrensKeys), Is.Empty);

        await (up ? Steps.UpAsync(database.ConnectionString, Steps.Finished) : Steps.DownAsync(database.ConnectionString, BeforeDetaching));

        Assert.That(await database.ListAsync(ChildrensKeys), Has.Count.EqualTo(4));
    }

    private static async Task<Exception?> Record(Func<Task> action)
    {
        try
        {
            await action();
            return null;
        }
        catch (Exception exception)
        {
            return exception;
        }
    }
}
