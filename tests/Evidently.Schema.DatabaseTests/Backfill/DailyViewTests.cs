using Evidently.Schema.DatabaseTests.Oracle;

namespace Evidently.Schema.DatabaseTests.Backfill;

/// <summary>The daily view, its refresh and the list of touched days.</summary>
[Parallelizable(ParallelScope.All)]
[Category("Versions")]
public sealed class DailyViewTests
{
    private const string Refresh = "SELECT public.refresh_mv_brand_daily_metrics()";
    private const string Touched = "SELECT count(*) FROM evidently_schema.touched_days";
    private const string Change = "UPDATE extracted_positions SET visibility_index = 0.42 WHERE collector_result_id = 1; CALL evidently_schema.drain(30)";

    [Test]
    public async Task A_changed_day_is_listed_until_it_is_refreshed()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Finished);
        Assert.That(await database.ScalarAsync<long>(Touched), Is.Zero);

        await ChangeAsync(database);

        Assert.That(
            await database.ListAsync("SELECT DISTINCT t.brand_id || ' ' || t.metric_date FROM evidently_schema.touched_days AS t"),
            Is.EqualTo(await database.ListAsync("SELECT brand_id || ' ' || (processed_at AT TIME ZONE 'UTC')::date FROM metric_facts WHERE collector_result_id = 1")));
        Assert.That(await database.ScalarAsync<bool>("SELECT bool_and(ok) FROM evidently_schema.verify()"), "a listed day is no difference");
        Assert.That(await database.ScalarAsync<bool>(Refresh));
        Assert.That(await database.ScalarAsync<long>(Touched), Is.Zero);
        await database.AssertStarAsync();
    }

    /// <summary>Of a fact that moves to another day both days are listed.</summary>
    [Test]
    public async Task A_late_row_lists_the_day_it_comes_to_and_the_day_it_leaves()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Finished);

        await database.ExecuteAsync("UPDATE extracted_positions SET processed_at = '2024-02-29 23:59:59.999+00' WHERE collector_result_id = 1");
        await database.ExecuteAsync("CALL evidently_schema.drain(30)");

        Assert.That(await database.ListAsync("SELECT DISTINCT metric_date::text FROM evidently_schema.touched_days ORDER BY 1"), Is.EqualTo(new[] { "2024-02-29", "2025-01-01" }));
        await database.ExecuteAsync(Refresh);
        await database.AssertStarAsync();
    }

    [Test]
    public async Task Of_two_refreshes_at_once_one_works_and_the_other_says_so_at_once()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Finished);
        await ChangeAsync(database);
        await using var first = await database.OpenAsync($"BEGIN; {Refresh}");

        Assert.That(await database.ScalarAsync<bool>(Refresh), Is.False);

        Assert.That(await database.ScalarAsync<long>(Touched), Is.Positive, "the days stay listed until the first commits");
        await first.ExecuteAsync("COMMIT");
        Assert.That(await database.ScalarAsync<long>(Touched), Is.Zero);
        await database.AssertStarAsync();
    }

    [Test]
    public async Task What_commits_during_a_refresh_stays_listed()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Finished);
        await using var refreshing = await database.OpenAsync($"BEGIN; {Refresh}");

        await ChangeAsync(database);
        await refreshing.ExecuteAsync("COMMIT");

        Assert.That(await database.ScalarAsync<long>(Touched), Is.Positive);
        await database.ExecuteAsync(Refresh);
        await database.AssertStarAsync();
    }

    [Test]
    public async Task A_refresh_that_is_rolled_back_forgets_no_day()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Finished);
        await ChangeAsync(database);
        await using var refreshing = await database.OpenAsync($"BEGIN; {Refresh}; ROLLBACK");

        Assert.That(await database.ScalarAsync<long>(Touched), Is.Positive);
        await database.ExecuteAsync(Refresh);
        await database.AssertStarAsync();
    }

    [Test]
    public async Task Readers_go_on_while_the_view_is_refreshed()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Finished);
        await ChangeAsync(database);
        await using var refreshing = await database.OpenAsync($"BEGIN; {Refresh}");
        await using var reader = await database.OpenAsync("SET lock_timeout = '5s'");

        Assert.That(await reader.ScalarAsync<long>("SELECT count(*) FROM mv_brand_daily_metrics"), Is.Positive);
    }

    /// <summary>A day the list has lost is found by verification.</summary>
    [Test]
    public async Task A_stale_day_that_is_not_listed_is_a_difference()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Finished);
        await ChangeAsync(database);
        await database.ExecuteAsync("DELETE FROM evidently_schema.touched_days");

        Assert.That(
            await database.ListAsync("SELECT format('%s %s/%s/%s', check_name, missing, extra, different) FROM evidently_schema.verify() WHERE NOT ok"),
            Is.EqualTo(new[] { "mv_brand_daily_metrics 0/0/1" }));
    }

    /// <summary>Guard: <see cref="Guard.ShortCollectorType"/>: a key that the star's indexes hold, and the view's, which is wider, does
    /// not, would fail every refresh.</summary>
    [Test]
    public async Task A_collector_type_too_long_for_the_views_key_fails_no_refresh([Values] bool guarded)
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Finished);
        await Guard.ShortCollectorType.RemoveUnlessAsync(guarded, database);
        await database.ExecuteAsync(
            $"UPDATE extracted_positions SET collector_type = '{DirtyCatalog.Incompressible(2_660)}' WHERE collector_result_id = 1 AND competitor_name IS NULL");
        await database.ExecuteAsync("CALL evidently_schema.drain(30)");

        if (guarded)
        {
            await database.ExecuteAsync(Refresh);
            Assert.That(
                await database.ListAsync("SELECT DISTINCT concat_ws(' ', reason, detail) FROM evidently_schema.rejected_rows ORDER BY 1"),
                Is.EqualTo(new[] { "invalid collector_type", "no_brand_row" }));
            await database.AssertStarAsync();
        }
        else
        {
            Assert.That((await Assert.ThrowsAsync<Npgsql.PostgresException>(() => database.ExecuteAsync(Refresh)))!.SqlState, Is.EqualTo("54000"));
        }
    }

    [Test]
    public async Task Any_sum_of_days_is_exact_whatever_the_sessions_time_zone()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Finished, fill: StarDatabase.Few with { Results = 300, Days = 7 });
        await using var session = await database.OpenAsync("SET TimeZone = 'Pacific/Auckland'");
        await session.ExecuteAsync(Refresh);

        Assert.That(
            await session.ListAsync("SELECT brand_id || ' ' || sum(sum_visibility) / sum(visibility_count) || ' ' || sum(total_responses) FROM mv_brand_daily_metrics GROUP BY brand_id ORDER BY 1"),
            Is.EqualTo(await session.ListAsync(
                "SELECT brand_id || ' ' || sum(visibility_index) / count(visibility_index) || ' ' || count(*) FROM metric_facts AS f JOIN brand_metrics AS b ON b.metric_fact_id = f.id GROUP BY brand_id ORDER BY 1")));
        await database.AssertStarAsync();
    }

    private static async Task ChangeAsync(StarDatabase database)
    {
        foreach (var statement in Change.Split("; "))
        {
            await database.ExecuteAsync(statement);
        }
    }

    /// <summary>Raised 40001 before: found by the model test.</summary>
    [Test]
    public async Task A_refresh_in_a_transaction_older_than_another_refresh_says_so_and_fails_nobody()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Finished);
        await database.ExecuteAsync("UPDATE extracted_positions SET visibility_index = 0.12 WHERE collector_result_id = 1");
        await database.ExecuteAsync("CALL evidently_schema.drain(10)");
        await using var older = await database.OpenAsync("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM evidently_schema.touched_days");
        Assert.That(await database.ScalarAsync<bool>("SELECT public.refresh_mv_brand_daily_metrics()"), Is.True);

        Assert.That(await older.ScalarAsync<bool>("SELECT public.refresh_mv_brand_daily_metrics()"), Is.False);
        await older.ExecuteAsync("COMMIT");

        await database.AssertStarAsync();
    }
}
