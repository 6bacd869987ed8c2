using Evidently.Schema.DatabaseTests.Backfill;

namespace Evidently.Schema.DatabaseTests.DualWrite;

/// <summary>In sync the star follows legacy in the writer's own transaction, without a note, whatever the statement.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class SyncTests
{
    [TestCase("UPDATE extracted_positions SET visibility_index = 0.77, collector_type = 'changed' WHERE collector_result_id = 1")]
    [TestCase("UPDATE extracted_positions SET sentiment_label = 'negative', sentiment_score = 3 WHERE collector_result_id = 1 AND competitor_name IS NULL")]
    [TestCase("UPDATE extracted_positions SET sentiment_score_competitor = 44 WHERE collector_result_id = 1 AND competitor_name IS NOT NULL")]
    [TestCase("DELETE FROM extracted_positions WHERE collector_result_id = 1")]
    [TestCase("DELETE FROM extracted_positions WHERE collector_result_id = 1 AND competitor_name IS NULL")]
    [TestCase("DELETE FROM extracted_positions WHERE collector_result_id = 1 AND competitor_name IS NOT NULL")]
    [TestCase("UPDATE extracted_positions SET collector_result_id = 100 WHERE collector_result_id = 1")]
    [TestCase("INSERT INTO extracted_positions (collector_result_id, brand_id, customer_id, query_id, collector_type, visibility_index)"
        + " SELECT 100, brand_id, customer_id, query_id, 'new', 0.5 FROM extracted_positions WHERE collector_result_id = 1 AND competitor_name IS NULL")]
    [TestCase("INSERT INTO extracted_positions (collector_result_id, brand_id, competitor_name)"
        + " SELECT 100, brand_id, competitor_name FROM extracted_positions WHERE collector_result_id = 1 AND competitor_name IS NOT NULL")]
    [TestCase("DELETE FROM collector_results WHERE id = 1")]
    [TestCase("UPDATE extracted_positions SET visibility_index = 'NaN' WHERE collector_result_id = 1 AND competitor_name IS NULL")]
    public async Task A_statement_is_in_the_star_when_it_commits(string statement)
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Synced);
        await database.ExecuteAsync("INSERT INTO collector_results (id) VALUES (100)");
        await database.ExecuteAsync("CALL evidently_schema.drain(30)");

        await database.ExecuteAsync(statement);

        if (!statement.Contains("FROM collector_results", StringComparison.Ordinal))
        {
            Assert.That(await database.ScalarAsync<long>("SELECT count(*) FROM evidently_schema.change_notes"), Is.Zero, "notes");
        }

        await database.ExecuteAsync("SELECT public.refresh_mv_brand_daily_metrics()");
        await database.AssertStarAsync();
    }

    [Test]
    public async Task A_column_that_comes_between_capture_and_projection_is_projected_and_its_changes_too()
    {
        await using var database = await StarDatabase.CreateAsync(201);
        await database.ExecuteAsync("ALTER TABLE extracted_positions RENAME COLUMN topic TO topic_before; ALTER TABLE extracted_positions ADD COLUMN topic text");
        await Steps.UpAsync(database.ConnectionString, Steps.Synced);

        await database.ExecuteAsync("UPDATE extracted_positions SET topic = 'late' WHERE collector_result_id = 1");

        await database.AssertInStepAsync();
        Assert.That(await database.ListAsync("SELECT topic FROM metric_facts WHERE collector_result_id = 1"), Is.EqualTo(new[] { "late" }));
    }
}
