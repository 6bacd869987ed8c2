using Evidently.Schema.DatabaseTests.Backfill;
using Npgsql;

namespace Evidently.Schema.DatabaseTests.DualWrite;

/// <summary>In sync the star follows legacy in the writer's own transaction, without a note, whatever the statement.</summary>
[Parallelizable(ParallelScope.All)]
[Category("Versions")]
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

    /// <summary>Guard: <see cref="Backfill.Guard.ShallowJson"/>: what just fits into the server's stack is sound to whoever asks from further up.</summary>
    [Test]
    public async Task A_writer_and_a_verification_judge_deep_JSON_alike([Values] bool guarded)
    {
        await using var database = await SyncDatabase.CreateAsync();
        await Backfill.Guard.ShallowJson.RemoveUnlessAsync(guarded, database);
        var (deepest, tooDeep) = (1_000, 100_000);
        while (tooDeep - deepest > 1)
        {
            var levels = (deepest + tooDeep) / 2;
            (deepest, tooDeep) = await ParsesAsync(database, levels) ? (levels, tooDeep) : (deepest, levels);
        }

        await database.ExecuteAsync(
            $"""
            UPDATE extracted_positions AS ep SET sentiment_positive_sentences = to_jsonb(repeat('[', r.levels) || repeat(']', r.levels))
            FROM (SELECT id, {deepest} - 10 * (row_number() OVER (ORDER BY id))::integer + 10 AS levels FROM extracted_positions WHERE competitor_name IS NULL) AS r
            WHERE r.id = ep.id
            """);

        Assert.That(await SyncDatabase.NotesAsync(database), Is.Zero, "notes");
        Assert.That(
            await database.ListAsync("SELECT check_name FROM evidently_schema.verify() WHERE NOT ok AND check_name <> 'mv_brand_daily_metrics'"), guarded ? Is.Empty : Is.Not.Empty);
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

    private static async Task<bool> ParsesAsync(StarDatabase database, int levels)
    {
        try
        {
            return await database.ScalarAsync<bool>($"SELECT (repeat('[', {levels}) || repeat(']', {levels}))::jsonb IS NOT NULL");
        }
        catch (PostgresException problem) when (problem.SqlState is PostgresErrorCodes.StatementTooComplex)
        {
            return false;
        }
    }
}
