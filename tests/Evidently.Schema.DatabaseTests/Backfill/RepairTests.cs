using Evidently.Schema.DatabaseTests.Oracle;
using Npgsql;

namespace Evidently.Schema.DatabaseTests.Backfill;

/// <summary>Verification finds what is wrong, counts it, and changes nothing; repair heals it.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class RepairTests
{
    /// <summary>What is done to the star, and the checks it should show in, as name missing/extra/different.</summary>
    public static IEnumerable<object[]> Damages()
    {
        yield return ["DELETE FROM brand_metrics WHERE metric_fact_id IN (1, 2)", "brand_metrics 2/0/0"];
        yield return ["UPDATE brand_metrics SET visibility_index = 0.01 WHERE metric_fact_id < 4", "brand_metrics 0/0/3"];
        yield return ["DELETE FROM competitor_metrics WHERE metric_fact_id = 1", "competitor_metrics 2/0/0"];
        yield return ["UPDATE competitor_metrics SET competitor_mentions = -1 WHERE metric_fact_id = 1", "competitor_metrics 0/0/2"];
        yield return ["DELETE FROM brand_sentiment WHERE metric_fact_id = 1", "brand_sentiment 1/0/0"];
        yield return ["UPDATE brand_sentiment SET positive_sentences = '[\"x\"]' WHERE metric_fact_id = 1", "brand_sentiment 0/0/1"];
        yield return ["DELETE FROM competitor_sentiment WHERE metric_fact_id = 1", "competitor_sentiment 2/0/0"];
        yield return ["UPDATE competitor_sentiment SET sentiment_score = -99 WHERE metric_fact_id = 1", "competitor_sentiment 0/0/2"];
        yield return ["UPDATE metric_facts SET topic = 'wrong' WHERE id IN (1, 2, 3)", "metric_facts 0/0/3"];
        yield return ["DELETE FROM metric_facts WHERE id = 1", "brand_metrics 1/0/0; brand_sentiment 1/0/0; competitor_metrics 2/0/0; competitor_sentiment 2/0/0; metric_facts 1/0/0"];
        yield return
        [
            "INSERT INTO competitor_metrics (metric_fact_id, competitor_id) SELECT 1, c.id FROM brand_competitors AS c WHERE c.brand_id <> (SELECT brand_id FROM metric_facts WHERE id = 1)",
            "competitor_metrics 0/2/0",
        ];
        yield return
        [
            "INSERT INTO competitor_sentiment (metric_fact_id, competitor_id) SELECT 1, c.id FROM brand_competitors AS c WHERE c.brand_id <> (SELECT brand_id FROM metric_facts WHERE id = 1)",
            "competitor_sentiment 0/2/0",
        ];
        yield return
        [
            "INSERT INTO collector_results (id) VALUES (100); INSERT INTO metric_facts (collector_result_id, brand_id, customer_id, query_id, collector_type, processed_at)"
            + " SELECT 100, brand_id, customer_id, query_id, 'x', now() FROM metric_facts WHERE id = 1",
            "metric_facts 0/1/0",
        ];
        yield return
        [
            "INSERT INTO evidently_schema.rejected_rows (legacy_id, reason, collector_result_id) VALUES ('1', 'invalid', 1), ('nobody', 'no_result_id', NULL)", "conservation 0/2/0",
        ];
    }

    [TestCaseSource(nameof(Damages))]
    public async Task Damage_is_found_counted_and_healed(string damage, string found)
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Finished);
        await database.ExecuteAsync($"BEGIN; SET LOCAL evidently_schema.projecting = 'on'; {damage}; COMMIT"); // as if nobody had noted it
        var before = await database.DifferencesAsync();

        Assert.That(string.Join("; ", await WrongAsync(database)), Is.EqualTo(found));
        Assert.That(await database.DifferencesAsync(), Is.EqualTo(before), "verification changes nothing");
        Assert.That(await database.ScalarAsync<long>("SELECT count(*) FROM evidently_schema.change_notes"), Is.Zero, "nor does it note anything");
        Assert.That(await database.ScalarAsync<bool>("SELECT ok FROM evidently_schema.verifications ORDER BY id DESC LIMIT 1"), Is.False);

        await RepairAllAsync(database);

        Assert.That(await WrongAsync(database), Is.Empty);
        await database.ExecuteAsync("SELECT public.refresh_mv_brand_daily_metrics()");
        await database.AssertStarAsync();
    }

    [Test]
    public async Task A_listed_rejection_that_is_lost_or_wrong_is_found_and_healed()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Finished);
        await database.ExecuteAsync(
            """
            UPDATE extracted_positions SET collector_result_id = NULL WHERE collector_result_id = 1;
            UPDATE extracted_positions SET competitor_name = 'Nobody' WHERE collector_result_id = 2 AND competitor_name IS NOT NULL;
            """);
        await database.DrainAsync();
        await database.AssertStarAsync();
        await database.ExecuteAsync(
            """
            DELETE FROM evidently_schema.rejected_rows WHERE reason = 'no_result_id';
            UPDATE evidently_schema.rejected_rows SET reason = 'invalid' WHERE legacy_id = (SELECT max(legacy_id) FROM evidently_schema.rejected_rows);
            """);

        Assert.That(await WrongAsync(database), Is.EqualTo(new[] { "conservation 3/0/1" }));
        await RepairAllAsync(database);

        Assert.That(await WrongAsync(database), Is.Empty);
        await database.AssertStarAsync();
    }

    /// <summary>Guard: <see cref="Guard.RefusedOfCompetitor"/>: the result has no fact to be found by, and its row would stay rejected for
    /// want of a competitor that is there.</summary>
    [Test]
    public async Task A_result_that_an_INSERT_refuses_is_looked_at_again_when_its_competitor_appears([Values] bool guarded)
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Finished);
        await Guard.RefusedOfCompetitor.RemoveUnlessAsync(guarded, database);
        await using var session = await database.OpenAsync();
        await DirtyRows.DropIndexesOfLargeTextAsync(session.Connection);
        await session.ExecuteAsync(
            """
            UPDATE extracted_positions SET topic = (SELECT string_agg(md5(i::text), '') FROM generate_series(1, 1000) AS i)
            WHERE collector_result_id = 1 AND competitor_name IS NULL;
            UPDATE extracted_positions SET competitor_name = 'Late' WHERE id = (SELECT max(id) FROM extracted_positions WHERE collector_result_id = 1);
            """);
        await database.DrainAsync();
        Assert.That(
            await database.ListAsync("SELECT concat_ws(' ', reason, detail) FROM evidently_schema.rejected_rows ORDER BY 1"),
            Is.EqualTo(new[] { "invalid SQLSTATE 54000", "invalid SQLSTATE 54000", "unknown_competitor" }));

        await session.ExecuteAsync("INSERT INTO brand_competitors (brand_id, competitor_name) SELECT brand_id, 'Late' FROM extracted_positions WHERE collector_result_id = 1 LIMIT 1");
        await database.DrainAsync();

        Assert.That(await database.DifferencesAsync(refusedByInsert: [1]), guarded ? Is.Empty : Is.Not.Empty);
        Assert.That(await WrongAsync(database), guarded ? Is.Empty : Is.Not.Empty);
        await RepairAllAsync(database);
        Assert.That(await database.DifferencesAsync(refusedByInsert: [1]), Is.Empty);
    }

    /// <summary>Guard: <see cref="Guard.RefreshWrongView"/>.</summary>
    [Test]
    public async Task A_daily_view_that_verification_finds_wrong_is_refreshed([Values] bool guarded)
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Finished);
        await Guard.RefreshWrongView.RemoveUnlessAsync(guarded, database);
        await database.ExecuteAsync("UPDATE extracted_positions SET visibility_index = 0.42 WHERE collector_result_id = 1");
        await database.ExecuteAsync("CALL evidently_schema.drain(30)");
        await database.ExecuteAsync("DELETE FROM evidently_schema.touched_days"); // as if the day had not been listed
        Assert.That(await database.DifferencesAsync(), Is.Not.Empty);

        await RepairAllAsync(database);

        Assert.That(await database.DifferencesAsync(), guarded ? Is.Empty : Is.Not.Empty);
    }

    [Test]
    public async Task A_noted_result_is_pending_not_different()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Finished);
        await database.ExecuteAsync("UPDATE extracted_positions SET visibility_index = 0.42, sentiment_score = 7 WHERE collector_result_id IN (1, 2)");
        await database.ExecuteAsync("DELETE FROM extracted_positions WHERE collector_result_id = 3");

        Assert.That(await WrongAsync(database), Is.Empty);
        Assert.That(await database.ScalarAsync<long>("SELECT pending FROM evidently_schema.verifications ORDER BY id DESC LIMIT 1"), Is.EqualTo(3));
        Assert.That(await database.ListAsync("SELECT collector_result_id FROM evidently_schema.pending_results ORDER BY 1"), Is.EqualTo(new[] { "1", "2", "3" }));

        Assert.That(await database.ScalarAsync<long>("SELECT evidently_schema.repair()"), Is.EqualTo(3));
        Assert.That(await database.ScalarAsync<long>("SELECT evidently_schema.repair()"), Is.Zero);
        await database.AssertDrainedAsync(guarded: true);
    }

    [TestCase("dual_write", "on")]
    [TestCase("write_target", "legacy")]
    [TestCase("write_target", "star")]
    [TestCase("backfill_batch_size", "0")]
    [TestCase("backfill_batch_size", "10001")]
    [TestCase("backfill_batch_size", "many")]
    [TestCase("backfill_batch_size", "99999999999999999999")]
    [TestCase("backfill_pause_ms", "-1")]
    [TestCase("backfill_paused", "yes")]
    [TestCase("verification_max_age", "-1 hour")]
    [TestCase("archive_min_age", "soon")]
    [TestCase("quiet_days", "1.5")]
    [TestCase("shadow_sample", "1.01")]
    [TestCase("shadow_sample", "NaN")]
    [TestCase("allow_drop_raw_answer", "")]
    public async Task A_bad_setting_is_refused(string name, string value)
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Created);
        var was = await database.ScalarAsync<string>($"SELECT value FROM evidently_schema.settings WHERE name = '{name}'");

        var refusal = (await Assert.ThrowsAsync<PostgresException>(() => database.ExecuteAsync($"UPDATE evidently_schema.settings SET value = '{value}' WHERE name = '{name}'")))!;

        Assert.That(refusal.SqlState, Is.EqualTo("EV008"));
        Assert.That(await database.ScalarAsync<string>($"SELECT value FROM evidently_schema.settings WHERE name = '{name}'"), Is.EqualTo(was));
    }

    /// <summary>Guard removed: <see cref="Guard.StarAfterArchive"/>.</summary>
    [Test]
    public async Task Without_its_condition_the_star_could_be_the_only_target_before_legacy_is_archived()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Created);
        await Guard.StarAfterArchive.RemoveAsync(database);

        Assert.That(await database.ExecuteAsync("UPDATE evidently_schema.settings SET value = 'star' WHERE name = 'write_target'"), Is.EqualTo(1));
    }

    [TestCase("DELETE FROM evidently_schema.settings WHERE name = 'dual_write'")]
    [TestCase("UPDATE evidently_schema.settings SET name = 'x' WHERE name = 'dual_write'")]
    [TestCase("INSERT INTO evidently_schema.settings (name, value) VALUES ('x', 'y')")]
    public async Task The_list_of_settings_is_fixed(string sql)
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Created);

        Assert.That((await Assert.ThrowsAsync<PostgresException>(() => database.ExecuteAsync(sql)))!.SqlState, Is.EqualTo("EV008"));
    }

    [Test]
    public async Task A_changed_setting_and_a_finished_backfill_are_events()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Finished);

        await database.ExecuteAsync("UPDATE evidently_schema.settings SET value = '10' WHERE name = 'backfill_pause_ms'");
        await database.ExecuteAsync("UPDATE evidently_schema.settings SET value = '10' WHERE name = 'backfill_pause_ms'");

        Assert.That(
            await database.ListAsync("SELECT concat_ws(' ', kind, subject, was, became, actor) FROM evidently_schema.events ORDER BY id"),
            Is.EqualTo(new[]
            {
                "backfill star 16 results copied, 0 legacy rows rejected, 0 values rounded, 0 results of another customer legacy_owner",
                "setting backfill_pause_ms 0 10 legacy_owner",
            }));
    }

    private static Task<List<string>> WrongAsync(StarDatabase database) => database.ListAsync(
        "SELECT format('%s %s/%s/%s', check_name, missing, extra, different) FROM evidently_schema.verify() WHERE NOT ok AND check_name <> 'mv_brand_daily_metrics' ORDER BY 1");

    private static async Task RepairAllAsync(StarDatabase database)
    {
        var calls = 0;
        while (await database.ScalarAsync<long>("SELECT evidently_schema.repair()") > 0)
        {
            Assert.That(++calls, Is.LessThan(20), "repair never returns 0");
        }
    }
}
