using Evidently.Schema.DatabaseTests.Backfill;
using Evidently.Schema.Testing;

namespace Evidently.Schema.DatabaseTests.DualWrite;

/// <summary>Which updates of legacy are changes: what the star is made of, in every legacy variant, and nothing else.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class NoticeTests
{
    private const string Mapped =
        "SELECT column_name FROM evidently_schema.legacy_columns WHERE fate = 'mapped' OR column_name = 'metadata' ORDER BY column_name";

    private const string Unmapped =
        "SELECT column_name FROM evidently_schema.legacy_columns WHERE fate <> 'mapped' AND column_name NOT IN ('id', 'metadata') ORDER BY column_name";

    /// <summary>What is stored in every row of ours, with its place and version.</summary>
    private const string Versions =
        """
        SELECT t FROM (
            SELECT 'f' || id || ' ' || xmin || ctid FROM metric_facts UNION ALL SELECT 'b' || id || ' ' || xmin || ctid FROM brand_metrics
            UNION ALL SELECT 'c' || id || ' ' || xmin || ctid FROM competitor_metrics UNION ALL SELECT 'd' || id || ' ' || xmin || ctid FROM brand_sentiment
            UNION ALL SELECT 'e' || id || ' ' || xmin || ctid FROM competitor_sentiment
            UNION ALL SELECT 'r' || legacy_id || ' ' || xmin || ctid FROM evidently_schema.rejected_rows
            UNION ALL SELECT 'n' || id FROM evidently_schema.change_notes UNION ALL SELECT 't' || id FROM evidently_schema.touched_days
        ) AS t (t) ORDER BY 1
        """;

    private const string Restore =
        "DELETE FROM extracted_positions WHERE id IN (SELECT id FROM kept); INSERT INTO extracted_positions SELECT * FROM kept";

    public static IEnumerable<LegacyVariant> Variants() =>
    [
        new(),
        new() { LegacyId = LegacyIdType.Uuid, CompetitorId = CompetitorIdType.Uuid, Positions = PositionsType.Jsonb, Metrics = MetricType.DoublePrecision, ForeignKeys = false },
        new() { Metrics = MetricType.Numeric52, Sentiment = false, ExtraColumns = false, CompetitorId = CompetitorIdType.Bigint, ForeignKeys = false },
    ];

    /// <summary>Guard: <see cref="SyncGuard.Column"/>, for each column.</summary>
    [TestCaseSource(nameof(Variants))]
    public async Task An_update_of_one_mapped_column_is_noticed_whichever_it_is(LegacyVariant variant)
    {
        await using var database = await SyncDatabase.CreateAsync("capture", variant);
        await using var session = await database.OpenAsync();
        var columns = await session.ListAsync(Mapped);
        Assert.That(columns, Has.Count.EqualTo(19 + (variant.ExtraColumns ? 2 : 0) + (variant.Sentiment ? 8 : 0)));
        await session.ExecuteAsync("CREATE TEMP TABLE kept AS SELECT * FROM extracted_positions WHERE collector_result_id IN (1, 2)");
        var capture = await session.ScalarAsync<string>("SELECT pg_get_functiondef('evidently_schema.capture_legacy'::regproc)");
        foreach (var column in columns)
        {
            var row = column.EndsWith("_competitor", StringComparison.Ordinal) || column.StartsWith("competitor_", StringComparison.Ordinal) ? "IS NOT NULL" : "IS NULL";
            var change =
                $"DELETE FROM evidently_schema.change_notes; UPDATE extracted_positions SET {column} = {await ChangedAsync(session, column)} WHERE collector_result_id = 1 AND competitor_name {row};"
                + $" UPDATE extracted_positions SET {column} = NULL WHERE collector_result_id = 2 AND competitor_name {row}";
            await session.ExecuteAsync(change);
            var expected = column is "collector_result_id" ? new[] { "", "1", "100", "2" } : ["1", "2"];
            Assert.That(await session.ListAsync("SELECT DISTINCT collector_result_id::text FROM evidently_schema.change_notes ORDER BY 1 NULLS FIRST"), Is.EqualTo(expected), column);
            await session.ExecuteAsync(Restore);

            await SyncGuard.Column(column).RemoveAsync(database);
            await session.ExecuteAsync(change);
            Assert.That(await SyncDatabase.NotesAsync(database), Is.Zero, $"the test does not see {column} missing");
            await session.ExecuteAsync(capture!);
            await session.ExecuteAsync(Restore);
        }

        await database.AssertDrainedAsync(guarded: true);
    }

    /// <summary>
    /// The views follow a renamed column, the function does not: its comparison fails, and all rows count as changed. Without that no UPDATE was noted, in
    /// sync either.
    /// </summary>
    [TestCase("capture")]
    [TestCase("sync")]
    public async Task An_update_that_cannot_be_compared_is_noted(string mode)
    {
        await using var database = await SyncDatabase.CreateAsync(mode);
        await using var session = await database.OpenAsync();
        await session.ExecuteAsync("ALTER TABLE extracted_positions RENAME COLUMN sentiment_label_competitor TO label_of_competitor");

        await session.ExecuteAsync("UPDATE extracted_positions SET visibility_index = 0.11 WHERE collector_result_id = -1");
        Assert.That(await SyncDatabase.NotesAsync(database), Is.Zero, "nothing was updated");
        await session.ExecuteAsync("UPDATE extracted_positions SET visibility_index = 0.11 WHERE collector_result_id = 1");
        await session.ExecuteAsync("UPDATE extracted_positions SET collector_result_id = 100 WHERE collector_result_id = 2");
        await session.ExecuteAsync("UPDATE extracted_positions SET collector_result_id = NULL WHERE collector_result_id = 3 AND competitor_name IS NULL");

        Assert.That(
            await session.ListAsync("SELECT DISTINCT kind || ' ' || coalesce(collector_result_id::text, '') FROM evidently_schema.change_notes ORDER BY 1"),
            Is.EqualTo(new[] { "result 1", "result 100", "result 2", "result 3", "row " }));
        await session.ExecuteAsync("ALTER TABLE extracted_positions RENAME COLUMN label_of_competitor TO sentiment_label_competitor");
        await database.AssertDrainedAsync(guarded: true);
    }

    [TestCaseSource(nameof(Variants))]
    public async Task An_update_of_other_columns_or_to_the_same_values_writes_nothing(LegacyVariant variant)
    {
        await using var database = await SyncDatabase.CreateAsync("sync", variant);
        await using var session = await database.OpenAsync();
        var before = await session.ListAsync(Versions);
        foreach (var column in await session.ListAsync(Unmapped))
        {
            await session.ExecuteAsync($"UPDATE extracted_positions SET {column} = {await ChangedAsync(session, column)}");
        }

        var same = (await session.ListAsync(Mapped)).Select(column => $"{column} = {column}");
        await session.ExecuteAsync($"UPDATE extracted_positions SET {string.Join(", ", same)} WHERE collector_result_id < 60");
        await session.ExecuteAsync("UPDATE extracted_positions SET visibility_index = visibility_index + 0.000");
        await session.ExecuteAsync("UPDATE generated_queries SET topic = topic; UPDATE brands SET name = 'x', customer_id = customer_id; UPDATE collector_results SET raw_answer = 'y'");

        Assert.That(await session.ListAsync(Versions), Is.EqualTo(before));
    }

    /// <summary>Equal to PostgreSQL, different to whoever reads the text of it.</summary>
    [TestCase("metadata", """'{"topic_name": 1}'""", """'{"topic_name": 1.0}'""")]
    [TestCase("topic", "'Ä'", "U&'A\\0308'")]
    [TestCase("competitor_name", "'Straße'", "'Strasse'")]
    public async Task Values_that_are_equal_but_not_the_same_are_a_change(string column, string value, string other)
    {
        await using var database = await SyncDatabase.CreateAsync();
        await database.ExecuteAsync($"UPDATE extracted_positions SET topic = NULL, metadata = NULL; UPDATE extracted_positions SET {column} = {value} WHERE collector_result_id = 1");

        await database.ExecuteAsync($"UPDATE extracted_positions SET {column} = {other} WHERE collector_result_id = 1");

        await database.AssertInStepAsync();
    }

    /// <summary>The application writes a label and a score again and again.</summary>
    [Test]
    public async Task Repeated_identical_writes_write_nothing_and_a_fact_that_stays_keeps_its_id([Values("sync", "strict")] string mode)
    {
        await using var database = await SyncDatabase.CreateAsync(mode);
        await using var session = await database.OpenAsync();
        await session.ExecuteAsync("CREATE TEMP TABLE kept AS SELECT * FROM extracted_positions WHERE collector_result_id = 1");
        await session.ExecuteAsync("UPDATE extracted_positions SET sentiment_label = 'positive', sentiment_score = 50 WHERE collector_result_id = 1 AND competitor_name IS NULL");
        var facts = await session.ListAsync("SELECT id || ' ' || collector_result_id FROM metric_facts ORDER BY id");
        var before = await session.ListAsync(Versions);

        await session.ExecuteAsync("UPDATE extracted_positions SET sentiment_label = 'positive', sentiment_score = 50.0 WHERE collector_result_id = 1 AND competitor_name IS NULL");
        Assert.That(await session.ListAsync(Versions), Is.EqualTo(before));
        await session.ExecuteAsync("UPDATE extracted_positions SET sentiment_label = ' Positive' WHERE collector_result_id = 1 AND competitor_name IS NULL");
        Assert.That(await session.ListAsync(Versions), Is.EqualTo(before), "projected to the same");

        await session.ExecuteAsync("BEGIN; DELETE FROM extracted_positions WHERE collector_result_id = 2 AND competitor_name IS NOT NULL; UPDATE extracted_positions SET query_id = (SELECT max(id::text)::uuid FROM generated_queries) WHERE collector_result_id = 2; COMMIT");
        await session.ExecuteAsync("INSERT INTO extracted_positions (collector_result_id, brand_id, customer_id, query_id, collector_type, processed_at) SELECT 1, brand_id, customer_id, query_id, 'newer', processed_at + interval '1 hour' FROM kept WHERE competitor_name IS NULL");
        Assert.That(await session.ListAsync("SELECT id || ' ' || collector_result_id FROM metric_facts ORDER BY id"), Is.EqualTo(facts));
        await database.AssertInStepAsync();
    }

    /// <summary>An expression of the column's type that is another value for every row.</summary>
    private static async Task<string> ChangedAsync(Session session, string column)
    {
        var type = await session.ScalarAsync<string>($"SELECT data_type FROM evidently_schema.legacy_columns WHERE column_name = '{column}'");
        return (column, type) switch
        {
            ("collector_result_id", _) => "100",
            ("metadata", _) => """'{"topic_name": "another"}'""",
            ("brand_id", _) => "(SELECT b.id FROM brands AS b WHERE b.id <> brand_id LIMIT 1)",
            ("brand_positions" or "competitor_positions", "jsonb") => "'[3, 33, 333]'",
            (_, "uuid") => "gen_random_uuid()",
            (_, "integer[]") => "'{3, 33, 333}'",
            (_, "jsonb") => """'["Something else."]'""",
            (_, "boolean") => $"{column} IS NOT TRUE",
            (_, "text") => $"coalesce({column}, '') || 'x'",
            (_, "integer") => $"coalesce({column}, 0) + 1",
            (_, "timestamp with time zone") => $"{column} + interval '1 second'",
            _ => $"coalesce({column}, 0) + 0.01",
        };
    }
}
